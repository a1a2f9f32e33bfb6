"""EDGE: messages and the ways they leave. `message` composes, a transport hands over, `attempt` decides on the next."""
