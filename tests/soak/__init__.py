"""The pipeline under load for a long time, with a fault each minute: what grows, what does not."""
