"""From a question to an answer: languages, screening, reading, composing."""
