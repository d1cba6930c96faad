"""Orders in words ("remove the car", "put three pines by the lake") -> operations: proposed, never run unasked."""
