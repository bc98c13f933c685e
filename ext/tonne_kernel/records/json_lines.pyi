"""Lines of JSON: a part of the facade's contract."""

def cut_json_lines(lines: bytes, names: tuple[bytes, ...], number_index: int = -1) -> bytes | None:
    """Cut lines of JSON into their fields; None where not all of them are alike.

    Parameters
    ----------
    lines : bytes
        One object a line, the last one with or without its end.
    names : tuple of bytes
        The fields of every line, each once and in this order, without signs that JSON escapes.
    number_index : int
        Which of them may be a number; -1 means none.

    Returns
    -------
    bytes or None
        A line each: its fields in order as they are written, texts without their quotes, 0x1F
        between them; 0x01 stands for null. None where a line has other fields, another order, an
        escape, a control character, a value that is no text, null or that number, or is no
        object by RFC 8259. Whether the bytes are UTF-8 is not looked at.
    """
