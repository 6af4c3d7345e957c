"""The same cloud on one machine: moto for the services, our own pumps for what drives the functions."""
