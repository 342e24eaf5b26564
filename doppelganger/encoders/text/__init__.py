"""Text: captions to an embedding, and sounds to captions."""
