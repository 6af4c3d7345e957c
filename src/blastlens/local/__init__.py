"""The embedded cloud: the stack on one machine, with moto's services and our own event sources."""
