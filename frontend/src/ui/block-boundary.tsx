import { Component, type ReactNode } from 'react'
import { ProblemView } from './problem'

interface Props {
  title: string
  children: ReactNode
}

/** One per card and per route: what breaks inside stays inside. */
export class BlockBoundary extends Component<Props, { error: unknown }> {
  override state: { error: unknown } = { error: null }

  static getDerivedStateFromError(error: unknown) {
    return { error }
  }

  override render() {
    if (this.state.error === null) return this.props.children
    const retry = () => this.setState({ error: null })
    return <ProblemView error={this.state.error} title={this.props.title} onRetry={retry} />
  }
}
