"""CRC-64 as the storage service answers it in x-ms-content-crc64 (the NVMe polynomial, reflected)."""

from base64 import b64encode

_POLYNOMIAL = 0x9A6C9329AC4BC9B5


def _entry(value: int) -> int:
    for _ in range(8):
        value = (value >> 1) ^ (_POLYNOMIAL if value & 1 else 0)
    return value


_TABLE = tuple(_entry(value) for value in range(256))


def crc64(data: bytes) -> int:
    """The check sum; about 10 MB a second."""
    value = 0xFFFFFFFFFFFFFFFF
    for byte in data:
        value = _TABLE[(value ^ byte) & 0xFF] ^ (value >> 8)
    return value ^ 0xFFFFFFFFFFFFFFFF


def crc64_header(data: bytes) -> str:
    """The check sum as headers have it: eight bytes, the lowest first, base64."""
    return b64encode(crc64(data).to_bytes(8, "little")).decode()
