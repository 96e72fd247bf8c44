"""What Calipers can do: one module or small package per clinical verb."""
