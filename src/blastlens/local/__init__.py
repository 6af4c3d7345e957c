"""The embedded cloud: the stack on one machine, on moto's services."""
