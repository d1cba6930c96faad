"""Orders in words: "remove the car", "put three pines by the lake" -> operations that are proposed, never run unasked."""
