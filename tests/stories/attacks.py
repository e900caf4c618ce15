"""Statements that attempt to leave the sandbox, or to exceed their budgets.

Each kind is a list of attacks; those made by `core` represent it in short runs. Most run on both
connections of the SQL door: the engine, and the catalogue, which runs statements that name
`pg_catalog`.
"""

import dataclasses

from confined import BOUNDED, CANCELED, OVER, REFUSED, UNSUPPORTED

ENGINE, CATALOGUE = "engine", "catalogue"
BOTH = (ENGINE, CATALOGUE)


@dataclasses.dataclass(frozen=True)
class Attack:
    """A query in parts, which `on` assembles."""

    select: str
    # Common table expressions before it.
    ctes: str = ""
    # Values of `$1`, `$2`, ….
    values: tuple = ()
    # The SQLSTATEs that are allowed; None is success.
    states: frozenset = frozenset(BOUNDED)
    doors: tuple = BOTH
    core: bool = False
    # Whether one function would run for minutes: it is cancelled too, not only timed out.
    long: bool = False
    # The name in reports, if the text is generated.
    name: str = ""

    def on(self, door):
        """The statement for the engine or for the catalogue."""
        ctes = self.ctes
        if door == CATALOGUE:
            ctes = f"cat AS (SELECT 1 FROM pg_catalog.pg_namespace){', ' if ctes else ''}{ctes}"
        return f"WITH RECURSIVE {ctes} {self.select}" if ctes else self.select

    def sizes(self):
        """The values, and shortened ones: statements with costly functions refuse long values. JSON
        documents are not shortened."""
        yield self.values
        if self.long and not any(str(value).startswith(("[", "{")) for value in self.values):
            for scale in SCALES:
                yield tuple(shortened(value, scale) for value in self.values)

    def __str__(self):
        return self.name or " ".join(f"{self.ctes} {self.select}".split())[:150]


@dataclasses.dataclass(frozen=True)
class EngineAttack(Attack):
    """A statement that is sent unchanged, to the engine."""

    doors: tuple = (ENGINE,)

    def on(self, door):
        return self.select


def core(select, ctes="", values=(), states=BOUNDED, doors=BOTH, long=False, name=""):
    return Attack(select, ctes, values, frozenset(states), doors, True, long, name)


def more(select, ctes="", values=(), states=BOUNDED, doors=BOTH, long=False, name=""):
    return Attack(select, ctes, values, frozenset(states), doors, False, long, name)


def columns(expression, count):
    """Many columns, each different, so that each is computed."""
    return ", ".join(expression.format(n) for n in range(1, count + 1))


def shortened(value, scale):
    """A shorter text with the same last character, if it is long; patterns stay as they are."""
    return value[: int(len(value) * scale)] + value[-1:] if len(value) > 10_000 else value


# Counts without end, or to a bound.
C = "c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c)"
COUNT = "c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c LIMIT {})"
# Factors by which values are shortened.
SCALES = (1 / 6, 1 / 24, 1 / 70)
# A value within the limit of a statement that computes it, and one above every limit.
FITS, TOO_BIG = "hex(zeroblob(300000))", "hex(zeroblob(2600000))"
LETTERS, DIGITS = "a" * 4_000_000, "1" * 4_000_000
HALF = "a" * 2_000_000
OVER_OR_CANCELED = OVER | {CANCELED}
WRONG = REFUSED | {"42601", "42703", UNSUPPORTED, "42P02", "42809"}

KINDS = {
    "functions that reach out": [
        core("SELECT hex(fts3_tokenizer($1))", values=("simple",), states=REFUSED),
        core("SELECT fts3_tokenizer($1, $2)", values=("simple", "\x01\x02\x03\x04\x05\x06\x07\x08"),
             states=REFUSED),
        core("SELECT load_extension('/tmp/x.so')", states=REFUSED),
        *(more(f"SELECT {call}", states=REFUSED) for call in (
            "load_extension('/tmp/x.so', 'entry')", "readfile('/etc/passwd')",
            "writefile('/tmp/vmfa-confinement', 'x')", "edit('x')", "sqlite_log(1, 'x')",
            "fts5(1)", "fts5_source_id()", "rtreecheck('x')", "geopoly_area('x')", "optimize('x')",
            "sqlite_rename_table(1, 2, 3, 4, 5, 6, 7)", "sqlite_fail(1, 2)", "lsmode(1)",
            "sha3('x')", "shell_add_schema('x', 'y', 'z')", "eval('SELECT 1')",
            "sqlite_db_config(1)", "snippet('x')", "matchinfo('x')",
        )),
    ],
    "tables that reach out": [
        core("SELECT token FROM fts3tokenize WHERE input = 'x'", states=WRONG),
        core("SELECT * FROM dbstat", states=WRONG),
        core("SELECT sql FROM sqlite_master", states=WRONG),
        core("SELECT name FROM pragma_function_list", states=WRONG),
        *(more(f"SELECT * FROM {table}", states=WRONG) for table in (
            "sqlite_dbpage", "sqlite_schema", "sqlite_temp_master", "sqlite_temp_schema",
            "main.sqlite_master", "temp.sqlite_master", "pragma_module_list", "pragma_pragma_list",
            "pragma_table_info('sqlite_master')", "pragma_database_list", "pragma_compile_options",
            "pragma_integrity_check", "pragma_journal_mode", "sqlite_stmt", "bytecode('SELECT 1')",
            "tables_used('SELECT 1')", "fsdir('/')", "zipfile('/tmp/x.zip')", "csv('/etc/passwd')",
            "completion('SEL')", "carray(1)", "fts3tokenize('simple')", "fts4aux('x')",
            "fts5vocab('x', 'row')", "rtree('x')", "memstat", "vtablog", "sqlite_memvfs",
            "sqlite_sequence", "sqlite_stat1",
        )),
    ],
    "statements that reach out": [
        *(EngineAttack(statement, states=frozenset(WRONG), core=at < 6) for at, statement in enumerate((
            "PRAGMA writable_schema = 1", "ATTACH '/tmp/vmfa-confinement.db' AS other",
            "VACUUM INTO '/tmp/vmfa-confinement.db'", "DETACH main",
            "CREATE VIRTUAL TABLE t USING fts3(x)", "PRAGMA temp_store_directory = '/tmp'",
            "PRAGMA journal_mode = DELETE", "PRAGMA hard_heap_limit = 1", "PRAGMA function_list",
            "VACUUM", "ANALYZE", "REINDEX", "CREATE TRIGGER t AFTER INSERT ON x BEGIN SELECT 1; END",
            "CREATE INDEX i ON x (y)", "CREATE TEMP TABLE t AS SELECT 1 AS x",
            "DROP TABLE sqlite_master", "ALTER TABLE sqlite_master RENAME TO x",
            "UPDATE sqlite_master SET sql = ''", "INSERT INTO sqlite_master VALUES (1)",
            "DELETE FROM pg_catalog.pg_class", "INSERT INTO pg_catalog.pg_class (oid) VALUES (1)",
            "CREATE TABLE pg_catalog.t AS SELECT 1 AS x",
            "EXPLAIN PRAGMA function_list", "EXPLAIN ATTACH '/tmp/x' AS y",
        ))),
    ],
    "large values": [
        core(f"SELECT {TOO_BIG}", states=OVER),
        core("SELECT $1", values=("a" * 4_000_000,), states={None}),
        core("SELECT $1", values=("a" * (5 << 20),), states=OVER),
        core(f"SELECT {FITS}", states={None}),
        core("SELECT hex(zeroblob(10000000)), x FROM c", COUNT.format(999), states=OVER),
        core(f"SELECT {columns('hex(zeroblob(30000000 + {}))', 40)}", states=OVER, name="40 columns of 60 MB"),
        more(f"SELECT length({TOO_BIG})", states=OVER),
        more("SELECT randomblob(1000000000)", states=OVER),
        more("SELECT zeroblob(1000000000)", states=OVER),
        more("SELECT length(zeroblob(2000000000))", states=OVER | {None}),
        more(f"SELECT {FITS}, x FROM c", COUNT.format(9999)),
        more(f"SELECT {columns('hex(zeroblob(300000 + {}))', 40)}", name="40 columns of 600 kB"),
        more(f"SELECT {columns('hex(zeroblob(300000 + {}))', 2000)}", name="2,000 columns of 600 kB"),
        more("SELECT " + columns("$1 AS c{}", 1000), values=("a" * 4_000_000,), name="1,000 columns of 4 MB"),
        more("SELECT $1, x FROM c", C, values=("a" * 4_000_000,), name="rows of 4 MB without end"),
        more("SELECT $1 || x FROM c ORDER BY 1", C, values=("a" * 3_900_000,), name="a sort of 4 MB"),
        more(f"SELECT {columns('hex(zeroblob(500 + {}))', 2000)}, x FROM c", C, name="wide rows without end"),
        more("SELECT hex(hex(hex(hex(hex(zeroblob(1000000))))))", states=OVER),
        more("SELECT max(h), min(h) FROM (SELECT hex(zeroblob(300000 + x % 1000)) AS h FROM c)", C),
        more("SELECT quote(zeroblob(3000000))", states=OVER),
        more(f"SELECT x FROM c WHERE {FITS} || x = ''", C),
        more(f"VALUES {', '.join([f'({FITS})'] * 400)}", doors=(ENGINE,), name="400 rows of values of 600 kB"),
    ],
    "sorts": [
        core("SELECT x FROM c ORDER BY x DESC", C, states=OVER_OR_CANCELED),
        core("SELECT x, hex(zeroblob(300000)) AS h FROM c ORDER BY x DESC", C, states=OVER_OR_CANCELED),
        more("SELECT a.x FROM c a, c b ORDER BY a.x * b.x", COUNT.format(3000)),
        more("SELECT hex(zeroblob(1000)) || x AS h FROM c ORDER BY h DESC", C, states=OVER_OR_CANCELED),
        more("SELECT x FROM c ORDER BY hex(zeroblob(300000)) || x", C, states=OVER_OR_CANCELED),
        more("SELECT x FROM c ORDER BY x DESC LIMIT 5", C, states=OVER_OR_CANCELED),
        more(f"SELECT {columns('x + {}', 200)} FROM c ORDER BY 1 DESC", C, states=OVER_OR_CANCELED,
             name="a sort of 200 columns"),
        more("SELECT group_concat(x ORDER BY x DESC) FROM c", C, states=OVER_OR_CANCELED),
        more("SELECT x, h FROM (SELECT x, hex(zeroblob(300000)) AS h FROM c) ORDER BY length(h), x DESC LIMIT 200",
             COUNT.format(2000)),
    ],
    "sets and groups": [
        core("SELECT DISTINCT x FROM c", C, states=OVER_OR_CANCELED),
        core("SELECT x, count(*) FROM c GROUP BY x", C, states=OVER_OR_CANCELED),
        core("SELECT x FROM c UNION SELECT -x FROM c", C, states=OVER_OR_CANCELED),
        core("SELECT sum(x) OVER (ORDER BY -x) FROM c", C, states=OVER_OR_CANCELED),
        core("SELECT count(*) FROM m a, m b WHERE a.h = b.h", f"{C}, m AS MATERIALIZED (SELECT "
             "hex(zeroblob(100000)) || x AS h FROM c)", states=OVER_OR_CANCELED),
        more("SELECT DISTINCT hex(zeroblob(300000)) || x FROM c", C, states=OVER_OR_CANCELED),
        more("SELECT count(DISTINCT hex(zeroblob(100000)) || x) FROM c", C, states=OVER_OR_CANCELED),
        more("SELECT hex(zeroblob(100000)) || x AS h, count(*) FROM c GROUP BY h", C, states=OVER_OR_CANCELED),
        more("SELECT x % 1000000, group_concat(hex(zeroblob(1000))) FROM c GROUP BY 1", C,
             states=OVER_OR_CANCELED),
        more("SELECT x FROM c EXCEPT SELECT x + 1 FROM c", C, states=OVER_OR_CANCELED),
        more("SELECT x FROM c INTERSECT SELECT x FROM c", C, states=OVER_OR_CANCELED),
        more("SELECT lag(h, 100000) OVER () FROM (SELECT hex(zeroblob(100000)) || x AS h FROM c)", C,
             states=OVER_OR_CANCELED),
        more("SELECT group_concat(x) OVER (ORDER BY x ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED "
             "FOLLOWING) FROM c", COUNT.format(1_000_000)),
        more("SELECT ntile(1000) OVER (ORDER BY x DESC), rank() OVER (ORDER BY -x) FROM c", C,
             states=OVER_OR_CANCELED),
        more("SELECT max(h) OVER (ORDER BY x ROWS 100000 PRECEDING) FROM (SELECT x, "
             "hex(zeroblob(50000)) || x AS h FROM c)", C, states=OVER_OR_CANCELED),
        more("SELECT 5 IN (SELECT hex(zeroblob(10000)) || x FROM c)", C, states=OVER_OR_CANCELED),
        more("SELECT x FROM d", "d(x) AS (SELECT 1 UNION SELECT x + 1 FROM d)",
             states=OVER_OR_CANCELED),
        more("SELECT max(x) FROM d", "d(x) AS (SELECT 1 UNION SELECT x + 1 FROM d)",
             states=OVER_OR_CANCELED),
        more("SELECT count(*) FROM d", "d(h) AS (SELECT 'a' UNION ALL SELECT hex(zeroblob(100000)) FROM d, c)"
             f", {C}", states=OVER_OR_CANCELED | {"42601"}),
        more("SELECT count(*) FROM d", "d(h) AS (SELECT hex(zeroblob(100000)) UNION ALL SELECT h FROM d "
             "UNION ALL SELECT h FROM d)", states=OVER_OR_CANCELED),
    ],
    "aggregates": [
        core("SELECT group_concat(x) FROM c", C, states=OVER_OR_CANCELED),
        core("SELECT json_group_array(x) FROM c", C, states=OVER_OR_CANCELED),
        more("SELECT string_agg(hex(zeroblob(10000)), ',') FROM c", C, states=OVER_OR_CANCELED),
        more("SELECT json_group_object(x, x) FROM c", C, states=OVER_OR_CANCELED),
        more("SELECT group_concat(DISTINCT x) FROM c", C, states=OVER_OR_CANCELED),
        more("SELECT json_group_array(json_array(x, x, x)) FROM c", C, states=OVER_OR_CANCELED),
        more("SELECT jsonb_group_array(hex(zeroblob(100000))) FROM c", C, states=OVER_OR_CANCELED | REFUSED),
        more(f"SELECT {columns('group_concat(hex(zeroblob(1000 + {})))', 40)} FROM c", C,
             states=OVER_OR_CANCELED, name="40 aggregates"),
        more("SELECT median(x), percentile(x, 50) FROM c", C, states=OVER_OR_CANCELED | REFUSED),
        more("SELECT sum(x), total(x), avg(x), count(*) FROM c", C, states={CANCELED, None} | OVER),
    ],
    "texts that grow": [
        core("SELECT " + "replace(" * 12 + "'a'" + ", 'a', 'aaaaaaaaaa')" * 12, states=OVER),
        core("SELECT printf('%.*c', 1000000000, 'x')", states=OVER),
        core("SELECT count(v) FROM d", "d(v) AS (SELECT 'a' UNION ALL SELECT v || v FROM d)",
             states=OVER_OR_CANCELED),
        more("SELECT printf('%1000000000d', 1)", states=OVER),
        more("SELECT printf('%.1000000000f', 1.5)", states=OVER | {None}),
        more("SELECT format('%*s', 500000000, 'x')", states=OVER),
        more("SELECT length(replace($1, 'a', $1))", values=(LETTERS,), states=OVER),
        more("SELECT length(replace($1, 'a', 'bcdefghijkl'))", values=(LETTERS,), states=OVER),
        more("SELECT length($1 || $1 || $1 || $1)", values=(LETTERS,), states=OVER),
        more("SELECT concat($1, $1, $1)", values=(LETTERS,), states=OVER | REFUSED),
        more("SELECT concat_ws($1, $1, $1, $1)", values=(LETTERS,), states=OVER | REFUSED),
        more("SELECT json_quote($1 || char(10))", values=(LETTERS,), states=OVER | {None}),
        more("SELECT json_array(" + ", ".join(["$1"] * 100) + ")", values=(LETTERS,), states=OVER_OR_CANCELED,
             name="json_array() of 100 × 4 MB"),
        more("SELECT unistr($1)", values=("\\0041" * 800_000,), states=OVER | {None} | REFUSED),
        more("SELECT regexp_replace($1, 'a', $1)", values=(LETTERS,), states=OVER | REFUSED | {None, "22000"}),
        more("SELECT quote($1)", values=("'" * 4_000_000,), states=OVER_OR_CANCELED),
        more("SELECT upper($1)", values=("ß" * 2_000_000,), states=OVER | {None}),
        more("SELECT array_to_string(generate_series(1, 100000000), ',') FROM pg_catalog.pg_namespace",
             doors=(CATALOGUE,)),
    ],
    "slow functions": [
        core("SELECT instr($1, $2)", values=(LETTERS, HALF + "b"), long=True),
        core("SELECT length(replace($1, $2, 'c'))", values=(LETTERS, HALF + "b"), long=True),
        core("SELECT $1 LIKE $2", values=(LETTERS, "%a" * 2000 + "b"), long=True),
        core("SELECT $1 GLOB $2", values=(LETTERS, "*a" * 2000 + "b"), long=True),
        core(f"SELECT {columns('length(upper($1) || {})', 300)}", values=(LETTERS[:3_900_000],),
             long=True, name="300 × length(upper())"),
        core("SELECT " + "+".join(["$1"] * 800), values=(DIGITS,), long=True, name="800 × + of digits"),
        core(f"SELECT {columns('($1 || $1 || {}) IS NULL', 400)}", values=(HALF[:1_900_000],), long=True,
             name="400 × || IS NULL"),
        more("SELECT length(trim($1, $2))", values=(LETTERS, "".join(map(chr, range(0x100, 0xD000))) + "a"),
             long=True),
        more("SELECT length(rtrim($1, $2))", values=(LETTERS, "b" * 1_000_000 + "a"), long=True),
        more("SELECT ltrim($1, $2) FROM c", C, values=(LETTERS, "bcdefghijklmnopqrstuvwxyza"), long=True),
        more("SELECT $1 LIKE $2 ESCAPE '!'", values=(LETTERS, "%!a_%" * 5000 + "b"), long=True),
        more("SELECT $1 LIKE $2", values=(LETTERS, "%" + "_" * 40_000 + "b"), long=True),
        more("SELECT $1 NOT LIKE $2", values=(LETTERS, "%" + HALF[:40_000] + "b%"), long=True),
        more("SELECT $1 GLOB $2", values=(LETTERS, "*[a-z]*[!0-9]*[a]" * 1000 + "0"), long=True),
        more(f"SELECT {columns('lower(substr($1, {}))', 500)}", values=(LETTERS,), long=True,
             name="500 × lower(substr())"),
        more(f"SELECT {columns('substr($1, -{}, 1)', 900)}", values=("é" * 2_000_000,), long=True,
             name="900 × substr() from the end"),
        more(f"SELECT {columns('length($1 || {})', 900)}", values=("é" * 1_900_000,), long=True,
             name="900 × length()"),
        more(f"SELECT {columns('CAST($1 AS REAL) + {}', 900)}", values=(DIGITS,), long=True,
             name="900 × CAST AS REAL"),
        more(f"SELECT {columns('CAST($1 AS INTEGER) + {}', 900)}", values=(" " * 3_900_000 + "1",), long=True,
             name="900 × CAST AS INTEGER"),
        more("SELECT " + " + ".join(["($1 || '')"] * 400), values=(DIGITS,), long=True, name="400 × digits || ''"),
        more("SELECT " + " AND ".join(f"($1 || {n}) > ($1 || {n})" for n in range(300)), values=(LETTERS,),
             long=True, name="300 comparisons"),
        more("SELECT " + " OR ".join(f"$1 = lower($1 || {n})" for n in range(300)), values=(LETTERS[:3_900_000],),
             long=True, name="300 × lower()"),
        more("SELECT " + "hex(unhex(" * 150 + "$1" + "))" * 150, values=("00" * 1_900_000,), long=True,
             name="150 × hex(unhex())"),
        more("SELECT " + "lower(upper(" * 150 + "$1" + "))" * 150, values=(LETTERS,), long=True,
             name="150 × lower(upper())"),
        more("SELECT count(*) FROM c WHERE lower($1) || x > upper($1)", C, values=(LETTERS[:3_900_000],), long=True),
        more(f"SELECT {columns('unicode($1 || {})', 500)}", values=(LETTERS[:3_900_000],), long=True,
             name="500 × unicode()"),
        more("SELECT count(*) FROM c WHERE instr($1, 'b') > x", C, values=(LETTERS,), long=True),
        more("SELECT soundex($1), octet_length($1), quote($1)", values=(LETTERS,), states=BOUNDED | REFUSED),
        more("SELECT date($1), strftime($2, 'now'), julianday($1)", values=(DIGITS, "%Y" * 1_000_000),
             states=BOUNDED | REFUSED | {"22023"}),
        more("SELECT printf($1, 1)", values=("%d" * 1_500_000,)),
        more("SELECT split_part($1, 'a', 3000000)", values=(LETTERS,), long=True, states=BOUNDED | {"22023"}),
        more("SELECT json_equal($1, $1), aws_policy_equal($1, $1)", values=("[" + "1," * 1_500_000 + "1]",),
             doors=(ENGINE,), long=True, states=BOUNDED | {"22023"}),
        more("SELECT " + "split_part(" * 400 + "$1" + ", 'b', 1)" * 400, values=(LETTERS,), long=True,
             states=BOUNDED | {"22023"}, name="400 × split_part()"),
        more(f"SELECT {columns('array_to_string(string_to_array($1, {}), 2)', 50)} FROM pg_catalog.pg_namespace",
             values=(LETTERS,), doors=(CATALOGUE,), states=BOUNDED | REFUSED, name="string_to_array()"),
    ],
    # Each instruction of SQLite scans a whole value, and only instructions check for interruptions.
    # An expression in a CASE is computed for each row.
    "functions in loops": [
        *((core if at in (0, 1) else more)(
            f"SELECT count(CASE WHEN x > 0 THEN {expression} END) FROM c", C, values=values, long=True,
            states=BOUNDED | REFUSED | {"22023"}, name=f"{expression} in a loop")
          for at, (expression, values) in enumerate((
            ("length($1)", ("é" * 2_000_000,)), ("$1 < $2", (LETTERS, LETTERS + "b")),
            ("$1 = $2 COLLATE NOCASE", (LETTERS, LETTERS.upper() + "b")), ("unicode(substr($1, -1))", ("é" * 2_000_000,)),
            ("substr($1, 1900000, 1)", ("é" * 2_000_000,)), ("CAST($1 AS INTEGER)", (" " * 3_900_000 + "1",)),
            ("CAST($1 AS REAL)", (DIGITS,)), ("$1 + x", (DIGITS,)), ("-$1", (DIGITS,)), ("$1 AND x", (DIGITS,)),
            ("$1 BETWEEN $2 AND $2", (LETTERS, LETTERS + "b")), ("$1 IN ($2, x)", (LETTERS, LETTERS[:-1] + "b")),
            ("min($1, $2)", (LETTERS, LETTERS + "b")), ("nullif($1, $2)", (LETTERS, LETTERS[:-1] + "b")),
            ("json_valid($1)", ("[" + "1," * 1_900_000 + "1]",)), ("json_type($1)", ("[" + "1," * 1_900_000 + "1]",)),
            ("$1 ->> 1800000", ("[" + "1," * 1_900_000 + "1]",)), ("json_array_length($1)", ("[" + "1," * 1_900_000 + "1]",)),
            ("instr($1, 'b')", (LETTERS,)), ("$1 LIKE '%b'", (LETTERS,)), ("$1 GLOB '*b'", (LETTERS,)),
            ("trim($1)", (" " * 4_000_000,)), ("rtrim($1, 'a')", (LETTERS,)), ("$1 || x", (LETTERS[:3_900_000],)),
            ("upper($1)", (LETTERS,)), ("hex($1)", (HALF,)), ("quote($1)", (HALF,)), ("replace($1, 'a', 'b')", (LETTERS,)),
            ("replace($1, 'b', 'c')", (LETTERS,)), ("unhex($1)", (DIGITS,)), ("soundex($1)", (LETTERS,)),
            ("printf('%s', $1)", (LETTERS,)), ("octet_length($1)", (LETTERS,)), ("date($1)", (DIGITS,)),
            ("strftime($1, 'now')", (LETTERS,)), ("round($1, 2)", (DIGITS,)), ("abs($1)", (DIGITS,)),
            ("printf('%d', $1)", (DIGITS,)), ("printf('%700000d', x)", ()), ("zeroblob(700000)", ()),
            ("randomblob(700000)", ()), ("$1 REGEXP 'b$'", (LETTERS,)), ("regexp_replace($1, 'b', 'c')", (LETTERS,)),
            ("split_part($1, 'b', 2)", (LETTERS,)), ("$1 IS $2", (LETTERS, LETTERS[:-1] + "b")),
            ("coalesce($1 || NULL, $1) = $2", (LETTERS, LETTERS[:-1] + "b")), ("char(x, x) || $1", (LETTERS[:3_900_000],)),
            ("typeof($1 COLLATE NOCASE)", (LETTERS,)), ("(SELECT max(a) FROM (SELECT $1 AS a UNION SELECT $2))", (LETTERS, LETTERS + "b")),
            ("json_extract($1, '$.k249999')", ("{" + ",".join(f'"k{n}":{n}' for n in range(250_000)) + "}",)),
            ("json_quote($1)", (LETTERS,)), ("concat($1, x)", (LETTERS[:3_900_000],)),
        ))),
        more("SELECT count(*) FROM c, t WHERE length(t.a) < x AND t.a < t.b", f"t(a, b) AS MATERIALIZED (SELECT $1, $2), {C}",
             values=(LETTERS, LETTERS + "b"), long=True, name="comparisons of a stored value"),
        more("SELECT count(*) FROM c WHERE set_config('a.b' || x, $1, false) <> '' AND pg_catalog.current_setting('a.b1') <> ''",
             C, values=("a" * 1_000_000,), doors=(CATALOGUE,), states=BOUNDED | REFUSED | {"22023", "42601"}, name="set_config() without end"),
        *(more(f"SELECT {call} FROM pg_catalog.pg_namespace", values=(LETTERS,), doors=(CATALOGUE,),
               states=BOUNDED | REFUSED | {"22023", "42601", "42704", "22P02"}, name=f"{call} of 4 MB")
          for call in ("quote_ident($1)", "quote_literal($1)", "$1::regclass", "$1::regtype", "to_regclass($1)",
                       "format_type(23, $1)", "array_to_string($1, ',')", "unnest($1)", "array_length($1, 1)",
                       "$1 LIKE $1", "$1 ILIKE $1 || '%'", "position('b' IN $1)", "starts_with($1, $1)",
                       "trim(BOTH 'a' FROM $1)", "string_to_array($1, 'a')", "obj_description($1, $1)",
                       "current_setting($1)", "has_table_privilege($1, $1)", "pg_get_viewdef($1)",
                       "array_remove($1, 'a')", "substring($1 FROM 2 FOR 3999990)", "$1 = ANY($1)")),
    ],
    "regular expressions": [
        *(core(f"SELECT $1 REGEXP '{pattern}'", values=(LETTERS,), long=True, doors=(ENGINE,),
               states=BOUNDED | {"2201B", "42601"})
          for pattern in ("(a|aa)+$", "(.*)*x")),
        *(core(f"SELECT $1 ~ '{pattern}'", values=(LETTERS,), long=True, doors=(CATALOGUE,),
               states=BOUNDED | {"2201B", "42601"})
          for pattern in ("(a|aa)+$", "(.*)*x")),
        *(more(f"SELECT $1 {operator} $2", values=(LETTERS, pattern), long=True, doors=doors,
               states=BOUNDED | {"2201B", "42601", "22023"}, name=f"{operator} {pattern[:40]}")
          for operator, doors in (("REGEXP", (ENGINE,)), ("~", (CATALOGUE,)))
          for pattern in (r"\w{1,1000}", "((a{1,100}){1,100}){1,100}", "a{1000}{1000}$", "(a?){3000}a{3000}b",
                          "(x+x+)+y", "^(([a-z])+.)+[A-Z]([a-z])+$", r"\pL{500}\pN", "(?i)" + "é|ß|" * 20000,
                          "a.*" * 300 + "b", "(" * 5000 + "a" + ")" * 5000, "[" * 100_000, "a*" * 20_000 + "b",
                          "(?:a|b|ab)*?bbb", ".*.*.*.*.*x", "a" * 1_000_000, "(?s).{500}b")),
        more("SELECT regexp_replace($1, '(a|aa)', 'bbbbbbbbbbbb')", values=(LETTERS,), long=True,
             states=BOUNDED | {"2201B", "42601", "22023"}),
        more("SELECT regexp_substr($1, 'a+b')", values=(LETTERS,), long=True, doors=(ENGINE,),
             states=BOUNDED | {"2201B", "42601", "22023"}),
        more("SELECT count(*) FROM c WHERE regexp_like($1 || x, 'a' || x || '{500}')", C,
             values=(LETTERS[:3_900_000],), long=True, doors=(ENGINE,),
             states=BOUNDED | {"2201B", "42601", "22023"}),
        more("SELECT " + columns("regexp_like($1 || {}, '[^a]+a.b')", 100), values=(LETTERS[:3_900_000],),
             long=True, doors=(ENGINE,), name="100 × regexp_like()"),
    ],
    "joins": [
        core("SELECT count(*) FROM c a, c b, c d, c e", COUNT.format(10000), states=OVER_OR_CANCELED),
        core("SELECT count(*) FROM pg_catalog.pg_class a, pg_catalog.pg_attribute b, pg_catalog.pg_class d, "
             "pg_catalog.pg_attribute e, pg_catalog.pg_type f", doors=(CATALOGUE,), states=OVER_OR_CANCELED),
        more("SELECT max(a.attname || b.attname || d.attname) FROM pg_catalog.pg_attribute a, "
             "pg_catalog.pg_attribute b, pg_catalog.pg_attribute d", doors=(CATALOGUE,)),
        more("SELECT a.attname, b.attname FROM pg_catalog.pg_attribute a, pg_catalog.pg_attribute b, "
             "pg_catalog.pg_attribute d", doors=(CATALOGUE,), states=OVER_OR_CANCELED),
        more("SELECT count(*) FROM information_schema.columns a, information_schema.columns b, "
             "information_schema.columns d, information_schema.columns e", doors=(CATALOGUE,)),
        core("SELECT 1 FROM " + ", ".join(f"one t{n}" for n in range(64)), "one AS (SELECT 1 AS x)",
             states=BOUNDED, name="64 tables joined"),
        more("SELECT 1 FROM " + ", ".join(f"one t{n}" for n in range(65)), "one AS (SELECT 1 AS x)",
             states=OVER | {"42601"}, name="65 tables joined"),
        more("SELECT count(*) FROM " + ", ".join(f"two t{n}" for n in range(60)) + " WHERE " + " AND ".join(
             f"t{n}.x + t{n + 1}.x > 1" for n in range(59)), "two(x) AS (SELECT 1 UNION ALL SELECT 2)",
             name="60 tables joined by inequalities"),
        more("SELECT count(*) FROM " + " NATURAL FULL JOIN ".join(f"two t{n}" for n in range(40)),
             "two(x) AS (SELECT 1 UNION ALL SELECT 2)", name="40 full joins"),
        more("SELECT x FROM c WHERE (SELECT count(*) FROM c d WHERE d.x < c.x) > 0", COUNT.format(1_000_000)),
        more("SELECT x FROM c WHERE x < 0", C, states=OVER_OR_CANCELED),
        more("SELECT count(*) FROM c a LEFT JOIN c b ON a.x = b.x LEFT JOIN c d ON b.x = d.x",
             COUNT.format(1_000_000)),
    ],
    "documents": [
        core("SELECT json($1)", values=("[" * 1_000_000 + "]" * 1_000_000,), states=BOUNDED | {"22032", "42601", "XX000", "22023"}),
        core("SELECT sum(value) FROM json_each($1)", values=("[" + "1," * 1_900_000 + "1]",)),
        core("SELECT json_patch($1, $1)", values=("{" + ",".join(f'"k{n}":{n}' for n in range(250_000)) + "}",), long=True),
        more("SELECT json_valid($1)", values=("[" * 4_000_000,)),
        more("SELECT count(*) FROM json_tree($1)", values=("[" * 900 + "1" + "]" * 900,)),
        more("SELECT max(fullkey) FROM json_tree($1)", values=("[" * 900 + "1," * 1_000_000 + "1" + "]" * 900,), long=True),
        more("SELECT fullkey, path, json FROM json_tree($1)", values=("[" + "[1]," * 800_000 + "1]",)),
        more("SELECT count(*) FROM json_each($1) a, json_each($1) b", values=("[" + "1," * 1_900_000 + "1]",), states=OVER_OR_CANCELED),
        more("SELECT json_extract($1, $2)", values=("[" * 900 + "1" + "]" * 900, "$" + "[0]" * 900_000)),
        more("SELECT " + "json_set(" * 100 + "$1" + "".join(f", '$.k{n}', 1)" for n in range(100)),
             values=("{" + ",".join(f'"k{n}":{n}' for n in range(250_000)) + "}",), long=True, name="100 × json_set()"),
        more("SELECT json_set($1, " + ", ".join(f"'$.x{n}', $1" for n in range(40)) + ")",
             values=('{"a":"' + "a" * 1_000_000 + '"}',), name="json_set() that doubles"),
        more("SELECT json_remove($1, " + ", ".join(f"'$[{n}]'" for n in range(400)) + ")",
             values=("[" + "1," * 1_900_000 + "1]",), long=True, name="json_remove() of 400 paths"),
        more("SELECT " + ", ".join(f"json_extract($1 || '', '$.k{n}')" for n in range(300)),
             values=("{" + ",".join(f'"k{n}":{n}' for n in range(250_000)) + "}",), long=True, name="300 × json_extract()"),
        more("SELECT json_pretty($1)", values=("[" * 1000 + "]" * 1000,), states=BOUNDED | REFUSED),
        more("SELECT json_pretty($1, $2)", values=("[" + "1," * 100_000 + "1]", " " * 1000), states=BOUNDED | REFUSED),
        more("SELECT json_array_length($1), json_type($1), $1 -> '$[5]', $1 ->> 5", values=("[" + "1," * 1_900_000 + "1]",)),
        more("SELECT json_each.value FROM c, json_each('[1,' || x || ']')", C),
        more("SELECT length(json($1))", values=('"' + "\\u0000" * 600_000 + '"',)),
        more("SELECT jsonb($1)", values=("[" + "1," * 1_900_000 + "1]",), states=BOUNDED | REFUSED),
        more("SELECT json($1)", values=(b"\x0b" * 4_000_000,), states=BOUNDED | {"42601", "22032", "22023", "XX000"}),
    ],
    "statements that expand": [
        core("SELECT count(*) FROM t30", "t0(x) AS (SELECT 1), " + ", ".join(
             f"t{n} AS (SELECT a.x FROM t{n - 1} a, t{n - 1} b)" for n in range(1, 31)),
             states=OVER_OR_CANCELED, name="30 levels of a × a"),
        core("SELECT count(*) FROM t30", "t0(x) AS (SELECT 1), " + ", ".join(
             f"t{n} AS (SELECT x FROM t{n - 1} UNION ALL SELECT x FROM t{n - 1})" for n in range(1, 31)),
             states=OVER_OR_CANCELED, name="30 levels of a ∪ a"),
        more("SELECT x FROM t12", "t0(x) AS (SELECT 1), " + ", ".join(
             f"t{n} AS (SELECT x FROM t{n - 1} UNION ALL SELECT x FROM t{n - 1})" for n in range(1, 13)),
             name="12 levels of a ∪ a"),
        more("SELECT x FROM t20", "t0(x) AS (SELECT 1), " + ", ".join(
             f"t{n} AS (SELECT x + (SELECT max(x) FROM t{n - 1}) AS x FROM t{n - 1})" for n in range(1, 21)),
             name="20 levels of subqueries"),
        more("SELECT x FROM t40", "t0(x) AS (SELECT 1), " + ", ".join(
             f"t{n} AS (SELECT x || x || x AS x FROM t{n - 1})" for n in range(1, 41)),
             states=OVER_OR_CANCELED, name="40 levels of x || x || x"),
        more("SELECT x FROM t25", "t0(x) AS (SELECT 1), " + ", ".join(
             f"t{n} AS (SELECT CASE WHEN x IN (SELECT x FROM t{n - 1}) THEN x ELSE x END AS x FROM t{n - 1})"
             for n in range(1, 26)), name="25 levels of IN"),
        more("SELECT count(*) FROM " + ", ".join(f"t10 a{n}" for n in range(20)), "t0(x) AS (SELECT 1), " + ", ".join(
             f"t{n} AS (SELECT a.x FROM t{n - 1} a, t{n - 1} b)" for n in range(1, 11)), name="20 × 10 levels"),
    ],
    "wide statements": [
        core("SELECT " + columns("{}", 2000), states=BOUNDED, name="2,000 columns"),
        core(" UNION ALL ".join(["SELECT 1"] * 500), states=BOUNDED | {"42601"}, name="500 × UNION ALL"),
        core("SELECT " + "(" * 500_000 + "1" + ")" * 500_000, states=OVER | {"42601"},
             name="500,000 parentheses"),
        core("SELECT 1" + "+1" * 400_000, states=OVER | {None, CANCELED}, name="400,000 × +1"),
        more("SELECT " + columns("{}", 3000), states=BOUNDED | {"42601"}, name="3,000 columns"),
        more("SELECT " + "CASE WHEN 1 THEN " * 20_000 + "1" + " END" * 20_000, states=BOUNDED, name="20,000 × CASE"),
        more("SELECT 1 IN (" + ", ".join(map(str, range(100_000))) + ")", name="IN of 100,000"),
        more("SELECT " + "'" + "x" * 1_000_000, states=OVER | {"42601"}, name="a quote without end"),
        more("SELECT " + "/*" * 400_000, states=OVER | {"42601"}, name="400,000 nested comments"),
        more("SELECT 1" + " -- x\n" * 150_000, states=BOUNDED, name="150,000 comments"),
        more("SELECT " + "-" * 1 + "- 1\n" * 200_000 + "1", states=BOUNDED | {"42601"}, name="200,000 × minus"),
        more("SELECT " + "NOT " * 200_000 + "1", states=OVER | {None, "42601"}, name="200,000 × NOT"),
        more("SELECT " + "- " * 400_000 + "1", states=OVER | {None, "42601"}, name="400,000 × -"),
        more("SELECT " + "~ " * 400_000 + "1", states=OVER | {None, "42601"}, name="400,000 × ~"),
        more("SELECT 1" + " || 1" * 150_000, states=OVER | {None, CANCELED}, name="150,000 × ||"),
        more("SELECT 1" + " IS NOT NULL" * 80_000, states=OVER | {None}, name="80,000 × IS NOT NULL"),
        more("SELECT 1" + " COLLATE binary" * 60_000, states=OVER | {None, "42601"}, name="60,000 × COLLATE"),
        more("SELECT 1" + "::int" * 1_900, states=BOUNDED, name="1,900 casts"),
        more("SELECT " + "abs(" * 100_000 + "1" + ")" * 100_000, states=OVER, name="100,000 × abs()"),
        more("SELECT " + "max(" + "1, " * 300_000 + "1)", states=OVER | {"42601", "42883"}, name="max() of 300,000"),
        more("SELECT * FROM " + "(SELECT * FROM " * 2_000 + "(SELECT 1)" + ")" * 2_000, states=BOUNDED | {"42601"},
             name="2,000 nested subqueries"),
        more("SELECT " + "(SELECT " * 20_000 + "1" + ")" * 20_000, states=BOUNDED | {"42601"},
             name="20,000 scalar subqueries"),
        more("SELECT " + "EXISTS (SELECT " * 1_000 + "1" + ")" * 1_000, name="1,000 × EXISTS"),
        more("VALUES " + ", ".join(["(1)"] * 100_000), name="100,000 rows of VALUES"),
        more("SELECT 1 FROM c WHERE " + " OR ".join(f"x = {n}" for n in range(50_000)), COUNT.format(100),
             name="50,000 × OR"),
        more("SELECT 1 FROM c WHERE x BETWEEN 1 AND 2 " + "AND x > 0 " * 50_000, COUNT.format(100), name="50,000 × AND"),
        more("SELECT " + ", ".join(f"sum(x) OVER (PARTITION BY x % {n + 1} ORDER BY x)" for n in range(300)) + " FROM c",
             COUNT.format(10_000), name="300 windows"),
        more("SELECT x FROM c GROUP BY " + ", ".join(f"x + {n}" for n in range(1900)), COUNT.format(1000),
             name="1,900 terms in GROUP BY"),
        more("SELECT " + ", ".join(f"$1 AS c{n}" for n in range(1900)), values=("a" * 100_000,), name="1,900 × one parameter"),
        more("SELECT " + "[" * 100_000, states=OVER | {"42601"}, name="100,000 brackets"),
        more("SELECT " + "x." * 100_000 + "x", states=OVER_OR_CANCELED | {"42601", "42703", "42P01"}, name="a name of 100,000 parts"),
        more('SELECT "' + "x" * 1_000_000 + '"', states=OVER | {"42601", "42703", "42P01"}, name="a name of 1 MB"),
        more("SELECT " + "1e" + "9" * 900_000, states=BOUNDED | {"42601", "22003"}, name="an exponent of 900,000 digits"),
        more("SELECT $$" + "x" * 900_000, states=OVER | {"42601"}, name="a dollar quote without end"),
        more("SELECT E'" + "\\x41" * 200_000 + "'", states=BOUNDED | {"42601"}, name="200,000 escapes"),
        more("SELECT U&'" + "\\0041" * 150_000 + "'", states=BOUNDED | {"42601", "0A000"}, name="150,000 Unicode escapes"),
    ],
}
