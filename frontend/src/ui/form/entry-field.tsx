import { Form, type FormItemProps } from 'antd'

/** A field of an entry page: label above, hint below, errors at the field. */
export function EntryField({ children, ...item }: FormItemProps) {
  return (
    <Form.Item className="entry-field" {...item}>
      {children}
    </Form.Item>
  )
}
