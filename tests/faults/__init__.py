"""Harm done to workers, brokers and topics while articles pass, and what came out counted."""
