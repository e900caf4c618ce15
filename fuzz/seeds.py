"""Writes the statements of the tests as a seed corpus, and the words in them as a dictionary.

    fuzz/seeds.py DIRECTORY    makes DIRECTORY/statements/ and DIRECTORY/words
"""

import hashlib
import pathlib
import re
import sys

HOME = pathlib.Path(__file__).resolve().parent.parent
SOURCES = ["crates/sql/tests/**/*.rs", "crates/sql/src/**/*.rs", "tests/stories/*.py", "README.md", "docs/*.md"]
# Texts in quotes, and code in backticks.
QUOTED = re.compile(r'"((?:[^"\\]|\\.){8,2000})"|`([^`]{8,2000})`', re.DOTALL)
STATEMENT = re.compile(r"\s*(SELECT|WITH|VALUES|INSERT|UPDATE|DELETE|EXEC|CREATE|DROP|REFRESH|SHOW|DESCRIBE|EXPLAIN|"
                       r"DECLARE|FETCH|COPY|BEGIN|SET)\b")
WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]{2,30}")
# Statements that the tests have few of.
MORE = """json_each( json_tree( json_group_array( jsonb( -> ->> json_patch( json_set( json_remove( printf('%.*c' zeroblob(
hex( unhex( replace( instr( substr( trim( quote( group_concat( string_agg( lag( ntile( first_value( FILTER(WHERE
OVER(PARTITION ROWS RANGE GROUPS UNBOUNDED PRECEDING FOLLOWING EXCLUDE MATERIALIZED RECURSIVE NATURAL FULL CROSS
USING( INDEXED COLLATE NOCASE ESCAPE GLOB REGEXP ISNULL BETWEEN EXISTS( CASE WHEN THEN RETURNING 9223372036854775807
1e308 0x7fffffff x'00ff' $1 $2 :: ARRAY[ ANY( = || << pg_catalog. information_schema. strftime( unistr( likelihood(
sqlite_master rowid""".split()
LONGEST = 1500


def main(directory):
    statements = directory / "statements"
    statements.mkdir(parents=True, exist_ok=True)
    words = set(MORE)
    for text in texts():
        # A blank before it has the wire's target send it by the extended protocol.
        for form in (text, f" {text}"):
            name = hashlib.sha256(form.encode()).hexdigest()[:16]
            (statements / name).write_text(form)
        words.update(WORD.findall(text))
    lines = [f'"{escaped(word)}"' for word in sorted(words)]
    (directory / "words").write_text("\n".join(lines) + "\n")
    print(f"{len(list(statements.iterdir()))} statements, {len(lines)} words", file=sys.stderr)


def texts():
    for pattern in SOURCES:
        for file in HOME.glob(pattern):
            for quoted in QUOTED.finditer(file.read_text()):
                text = (quoted[1] or quoted[2]).replace("\\\n", " ").replace('\\"', '"').replace("\\n", "\n")
                text = re.sub(r"[ \t]{2,}", " ", text).replace("{{", "{").replace("}}", "}")
                if STATEMENT.match(text) and len(text) < LONGEST:
                    yield text
    sys.path.insert(0, str(HOME / "tests/stories"))
    try:
        import attacks
    except ImportError:
        return
    for listed in attacks.KINDS.values():
        for attack in listed:
            for door in attack.doors:
                text = attack.on(door)
                if len(text) < LONGEST:
                    yield text


def escaped(word):
    return "".join(c if c.isalnum() or c in "_.,;:()[]{}<>=+*/|!%&~^$#@-" else f"\\x{ord(c):02x}" for c in word if ord(c) < 128)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
