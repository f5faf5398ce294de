"""What no article can be read from."""

POISON: dict[str, tuple[bytes | None, bytes | None]] = {  # name: (key, value)
    "empty-value": (b"tombstone", None),
    "binary": (b"png", b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8),
    "not-json": (b"cut", b'{"headline": "cut off'),
    "no-text-field": (b"", b'{"price": 12, "colour": "red"}'),
    "wrong-type": (None, b'{"articleBody": {"deep": [1, 2]}, "headline": 7}'),
    "too-deep": (b"deep", b'{"a":' * 5000 + b"1" + b"}" * 5000),
}
LARGE = b'{"articleBody": "' + b"word " * (10 << 20) + b'"}'  # more than is ever forwarded
TOO_LARGE = 64 << 20  # bytes that a topic must take to hold it
