"""The ECG generator: a codec of beats and texture, two rectified flows on its latents, and the timing of rhythms."""
