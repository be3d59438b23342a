"""What one stage asks of another, and what it must have been made from: indexed, trained, predicted, packaged."""
