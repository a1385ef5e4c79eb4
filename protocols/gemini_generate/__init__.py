"""Gemini generateContent, as Google AI and Vertex speak it."""
