"""What the files of a browser's folder hold, made from a seed: same seed, same bytes, in any order of making.

How well things compress is the point. Words come from a long text in slices, so that what repeats within the
32 KiB that deflate looks back is what would repeat in a real file and not our small supply.
"""

import functools
import random
import sqlite3
import struct
import tempfile
from pathlib import Path

KIB = 1024
SEED = "dropoff profile tree 1"

# Deterministic, since these two are written into the files.
_PAGE = 4096
_SALT = b"dropoff."


def dice(path):
    """Chance of its own for each path, so that the order of making does not matter."""
    return random.Random(f"{SEED}/{path}")


@functools.cache
def _prose():
    """Some 2 MB of words as frequent as words are (Zipf's law); deflate makes four tenths of it."""
    chance = dice("prose")
    syllables = "ba co da el fi ga ho in ja ke lo ma ne or pi qu ra se ti un ve wa xi yo za ch st tr".split()
    words = ["".join(chance.choices(syllables, k=chance.randint(1, 4))) for _ in range(9000)]
    weights = [1 / (rank + 2) for rank in range(len(words))]
    chosen = chance.choices(words, weights, k=430_000)
    return " ".join(chosen).encode()


@functools.cache
def _code():
    """JavaScript, of the kind that bundlers leave."""
    chance = dice("code")
    words = _prose()[:400_000].decode().split()
    shapes = [
        "function {a}({b},{c}){{return {b}.{d}({c})||{a}.{d}}}",
        "const {a}=require('./{b}/{c}');",
        "if({a}.{b}===void 0){{throw new Error('{c} {d}')}}",
        "{a}.prototype.{b}=function({c}){{this.{d}={c};return this}};",
        "Object.defineProperty(exports,'{a}',{{enumerable:!0,get:()=>{b}.{c}}});",
        "export class {a} extends {b}{{constructor({c}){{super({c});this.{d}=0x{e:x}}}}}",
    ]
    lines = []
    for _ in range(16_000):
        a, b, c, d = chance.sample(words, 4)
        lines.append(chance.choice(shapes).format(a=a, b=b, c=c, d=d, e=chance.getrandbits(32)))
    return "\n".join(lines).encode()


def _slices(chance, supply, length):
    pieces, have = [], 0
    while have < length:
        size = chance.randint(300, 3000)
        at = chance.randrange(len(supply) - size)
        pieces.append(supply[at : at + size])
        have += size
    return b"".join(pieces)[:length]


def text(chance, length):
    return _slices(chance, _prose(), length)


def code(chance, length):
    return _slices(chance, _code(), length)


def noise(chance, length):
    """What is compressed or encrypted already."""
    return chance.randbytes(length)


def picture(chance, length):
    return b"\x89PNG\r\n\x1a\n" + chance.randbytes(max(length - 8, 0))


def mixed(chance, length, share=0.5):
    """Blocks of some 4 KB, this share of them noise, the rest text: what a LevelDB table or a cache's block
    file is like."""
    pieces, have = [], 0
    while have < length:
        size = chance.randint(2000, 6000)
        pieces.append((noise if chance.random() < share else text)(chance, size))
        have += size
    return b"".join(pieces)[:length]


def table(chance, length):
    """A LevelDB table: its blocks, and the number that ends it. Snappy has been over it, lightly."""
    return mixed(chance, length - 8, 0.4) + bytes.fromhex("577fb808b247547d")


def log(chance, length):
    """A LevelDB write-ahead log: records of a checksum, a length, a type and the newest data."""
    records, have = [], 0
    while have < length:
        data = b"\x01_https://app.example.test\x00\x01" + text(chance, chance.randint(40, 400))
        records.append(struct.pack("<IHB", chance.getrandbits(32), len(data), 1) + data)
        have += len(records[-1])
    return b"".join(records)


def manifest(chance):
    name = b"leveldb.BytewiseComparator"
    body = bytes([1, len(name)]) + name + b"\x02\x03\x09\x00\x03\x04\x04\x00"
    return struct.pack("<IHB", chance.getrandbits(32), len(body), 1) + body


def address(chance, words):
    """Of a page: half of it the same for a whole site, a quarter of them with a token at the end."""
    site = words[chance.randrange(min(200, len(words)))]
    path = "/".join(chance.choices(words, k=chance.randint(1, 5)))
    query = f"?id={chance.randbytes(16).hex()}&utm_source=newsletter" if chance.random() < 0.25 else ""
    return f"https://www.{site}.example/{path}{query}"


@functools.cache
def words():
    return _prose()[:200_000].decode().split()


def sqlite(script, rows, page=_PAGE):
    """A database: `script` makes the tables, `rows` are pairs of a statement and its many values."""
    with tempfile.TemporaryDirectory() as folder:
        connection = _database(Path(folder) / "db", script, rows, page)
        connection.close()
        return (Path(folder) / "db").read_bytes()


def sqlite_with_wal(script, rows, late, page=_PAGE):
    """A database and its write-ahead log, with `late` in the log alone: as it lies there while the browser
    runs, or after it was killed."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "db"
        connection = _database(path, script, rows, page)
        connection.execute("PRAGMA journal_mode = wal")
        connection.execute("PRAGMA wal_autocheckpoint = 0")
        for statement, values in late:
            connection.executemany(statement, values)
        connection.commit()
        # Closing would move the log into the database.
        both = path.read_bytes(), _salted((Path(folder) / "db-wal").read_bytes())
        connection.close()
        return both


def _database(path, script, rows, page):
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA page_size = {page}")
    connection.execute("PRAGMA synchronous = off")
    connection.executescript(script)
    for statement, values in rows:
        connection.executemany(statement, values)
    connection.commit()
    return connection


def _salted(wal):
    """The same log with salts that are not random. They are part of every frame, and its checksum of all
    before. Layout: https://sqlite.org/fileformat2.html#the_write_ahead_log"""
    magic, _, page, _ = struct.unpack(">4I", wal[:16])
    order = ">" if magic & 1 else "<"

    def checksum(data, one, two):
        for first, second in struct.iter_unpack(order + "II", data):
            one = (one + first + two) & 0xFFFFFFFF
            two = (two + second + one) & 0xFFFFFFFF
        return one, two

    head = wal[:16] + _SALT
    sums = checksum(head, 0, 0)
    out = [head, struct.pack(">II", *sums)]
    for at in range(32, len(wal), 24 + page):
        frame = wal[at : at + 24 + page]
        sums = checksum(frame[:8] + frame[24:], *sums)
        out += [frame[:8], _SALT, struct.pack(">II", *sums), frame[24:]]
    return b"".join(out)
