"""OpenAI Chat Completions, and what the world calls compatible with it."""
