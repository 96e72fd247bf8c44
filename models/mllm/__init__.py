"""The ECG multimodal language model: encoders, statement head and language model, with their training."""
