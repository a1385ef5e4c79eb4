"""Pure wire languages: values in, values out; no framework, no I/O."""
