"""The language model: SmolLM2-135M with a LoRA adapter that writes actions, its instruction data and its training."""
