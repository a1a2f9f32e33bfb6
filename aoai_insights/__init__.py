"""Chargeback and region latency for Azure OpenAI behind Azure API Management."""

__version__ = "0.1.0"
