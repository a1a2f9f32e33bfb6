"""Event Hub capture files: Avro whose `Body` bytes hold the JSON that was sent."""

from collections.abc import Iterator

from aoai_insights.sources.unpack import ChunkFile, DamagedError

MAGIC = b"Obj\x01"


def bodies(data: Iterator[bytes]) -> Iterator[tuple[int, bytes | dict[str, object]]]:
    """(number of the event, its body). An Avro record without `Body` is given as it is: a table exported as Avro."""
    import fastavro  # most files are none of these, and a worker waits for what it imports

    number = 0
    try:
        for event in fastavro.reader(ChunkFile(data)):  # type: ignore[arg-type]
            number += 1
            if not isinstance(event, dict):
                continue
            body = event.get("Body", event.get("body"))
            if isinstance(body, bytes):
                yield number, body
            elif isinstance(body, str):
                yield number, body.encode("utf-8", "replace")
            else:
                yield number, event
    except DamagedError:
        raise
    except Exception as error:
        # Damaged Avro makes the decoder fail in any way there is: every one of them ends the file, none the run.
        raise DamagedError(f"corrupt Avro after event {number}") from error
