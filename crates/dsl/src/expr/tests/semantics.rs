//! What expressions mean: jq's manual as a table.

use super::check;

#[test]
fn paths_read_values() {
    check(&[
        (".", "{\"a\":1}", "{\"a\":1}"),
        (".a.b", "{\"a\":{\"b\":[1]}}", "[1]"),
        (".a.b.c", "{}", "null"),
        (".[\"a b\"]", "{\"a b\":1}", "1"),
        (".[1]", "[1,2]", "2"),
        (".[-1]", "[1,2]", "2"),
        (".[1.0]", "[1,2]", "2"),
        (".[1.7]", "[1,2]", "2"),
        (".[10/5]", "[1,2,3]", "3"),
        (".[5]", "[1]", "null"),
        (".[1:]", "[1,2,3]", "[2,3]"),
        (".[:-1]", "[1,2,3]", "[1,2]"),
        (".[1:2]", "\"äöü\"", "\"ö\""),
        (".[1:]", "null", "null"),
        (".[0]", "null", "null"),
        (".a", "[1]", "error: cannot index array with \"a\""),
        (".a?", "[1]", "null"),
        (".[\"a\"]", "1", "error: cannot index number with \"a\""),
        (".[]", "[7,8]", "7"),
        (".[]", "1", "error: cannot iterate over number (1)"),
        ("[.[]?]", "1", "[]"),
        ("[..]", "[[1]]", "[[[1]],[1],1]"),
        ("[paths]", "{\"a\":[1]}", "[[\"a\"],[\"a\",0]]"),
        ("[leaf_paths]", "{\"a\":[1]}", "[[\"a\",0]]"),
        ("getpath([\"a\",\"b\"])", "{}", "null"),
        ("getpath([\"a\",0,\"b\"])", "null", "null"),
        ("getpath([\"a\"])", "1", "error: cannot index number with \"a\""),
        ("[getpath([\"x\"])?]", "1", "[]"),
        (".[[1,2]]", "[0,1,2,1,2]", "[1,3]"),
    ]);
}

#[test]
fn assignment_builds_documents_out_of_null() {
    check(&[
        (".a = 1", "null", "{\"a\":1}"),
        (".a.b = 1", "{}", "{\"a\":{\"b\":1}}"),
        (".a.b |= 1", "{\"a\":null}", "{\"a\":{\"b\":1}}"),
        ("setpath([\"a\",\"b\"]; 1)", "null", "{\"a\":{\"b\":1}}"),
        ("setpath([\"a\",1]; 1)", "null", "{\"a\":[null,1]}"),
        (".[2] = 1", "[0]", "[0,null,1]"),
        (".[-1] = 9", "[1,2]", "[1,9]"),
        (".[-3] = 9", "[1,2]", "error: out of bounds negative array index"),
        (".a += 1", "{}", "{\"a\":1}"),
        (".a //= 5", "{}", "{\"a\":5}"),
        (".a[] += 1", "{\"a\":[1,2]}", "{\"a\":[2,3]}"),
        (".[1:] = [9]", "[1,2,3]", "[1,9]"),
        (".[1:] = 9", "[1,2,3]", "error: a slice of an array can only be assigned another array"),
        (".a = 1", "[]", "error: cannot index array with \"a\""),
        (".a |= empty", "{\"a\":1,\"b\":2}", "{\"b\":2}"),
        ("del(.a, .b)", "{\"a\":1,\"b\":2,\"c\":3}", "{\"c\":3}"),
        ("del(.[0, 1])", "[1,2,3]", "[3]"),
        ("del(.[0:2])", "[1,2,3]", "[3]"),
        ("del(.x)", "null", "null"),
        ("delpaths([[\"a\",\"b\"]])", "{\"a\":{\"b\":1}}", "{\"a\":{}}"),
        ("to_entries", "{\"b\":1}", "[{\"key\":\"b\",\"value\":1}]"),
        ("with_entries(.value += 1)", "{\"a\":1}", "{\"a\":2}"),
        (
            "from_entries",
            "[{\"name\":\"a\",\"v\":1},{\"key\":false},{\"k\":2,\"value\":3}]",
            "{\"a\":1,\"false\":null,\"2\":3}",
        ),
        ("walk(if type == \"number\" then . + 1 else . end)", "[1,[2]]", "[2,[3]]"),
        ("pick(.a.b)", "{\"a\":{\"b\":1,\"c\":2}}", "{\"a\":{\"b\":1}}"),
        (".b = 1 | .a = 2 | del(.b) | .c = 3", "{}", "{\"a\":2,\"c\":3}"),
        ("map_values(. + 1)", "{\"a\":1,\"b\":2}", "{\"a\":2,\"b\":3}"),
    ]);
}

#[test]
fn arithmetic_follows_jq() {
    check(&[
        ("[(1, 2) + (10, 20)]", "null", "[11,21,12,22]"),
        ("1 + 2.5", "null", "3.5"),
        ("10 / 4, 1", "null", "2.5"),
        ("10 / 5", "null", "2"),
        ("1 / 0", "null", "error: number (1) and number (0) cannot be divided because the divisor is zero"),
        ("1 % 0", "null", "error: number (1) and number (0) cannot be divided because the divisor is zero"),
        ("5 % -2, 1", "null", "1"),
        ("-5 % 3", "null", "-2"),
        ("5.9 % 2.1", "null", "1"),
        (". + 1", "12345678901234567890", "12345678901234567891"),
        (".", "12345678901234567890", "12345678901234567890"),
        (".x + 1", "{\"x\":9007199254740993}", "9007199254740994"),
        ("9223372036854775807 + 1", "null", "9223372036854775808"),
        ("(-9223372036854775808 | -.)", "null", "9223372036854775808"),
        (".", "1.10", "1.10"),
        (". + 0", "1.10", "1.1"),
        ("1.0", "null", "1.0"),
        ("1e3 + 0", "null", "1000"),
        ("1e17 + 0", "null", "100000000000000000"),
        (". == 1.0", "1", "true"),
        ("nan", "null", "error: the result is not a finite number"),
        ("[infinite]", "null", "error: the result is not a finite number"),
        ("[nan] | tojson", "null", "\"[null]\""),
        ("nan | isnan", "null", "true"),
        ("infinite | isinfinite", "null", "true"),
        ("null + [\"red\"]", "null", "[\"red\"]"),
        (".colors + [\"red\"]", "{}", "[\"red\"]"),
        ("{} + 1", "null", "error: object ({}) and number (1) cannot be added"),
        ("{a: 1} * {a: {b: 2}} * {a: {c: 3}}", "null", "{\"a\":{\"b\":2,\"c\":3}}"),
        ("[1, 2, 1, 3] - [1]", "null", "[2,3]"),
        ("\"x\" * 3", "null", "\"xxx\""),
        ("\"x\" * 0", "null", "null"),
        ("\"a, b\" / \", \"", "null", "[\"a\",\"b\"]"),
        ("[floor, ceil, round, sqrt]", "2.25", "[2,3,2,1.5]"),
        ("pow(2; 10)", "null", "1024"),
        ("-(1)", "null", "-1"),
        ("abs", "-3", "3"),
        ("[.[] | length]", "[null,-5,\"äb\",[1],{\"a\":1}]", "[0,5,2,1,1]"),
        ("length", "true", "error: boolean (true) has no length"),
    ]);
}

#[test]
fn strings_follow_jq() {
    check(&[
        ("\"Hello \\(.x.y)!\"", "{\"x\":{\"y\":\"J\"}}", "\"Hello J!\""),
        ("\"\\(.)\"", "{\"a\":1}", "\"{\\\"a\\\":1}\""),
        ("ltrimstr(\"a\"), 1", "\"abc\"", "\"bc\""),
        ("ltrimstr(1)", "\"a\"", "\"a\""),
        ("ltrimstr(\"a\")", "1", "1"),
        ("rtrimstr(\"c\")", "\"abc\"", "\"ab\""),
        ("trimstr(\"a\")", "\"aba\"", "\"b\""),
        ("trim", "\" a \"", "\"a\""),
        ("splits(\", *\")", "\"a, b\"", "\"a\""),
        ("split(\",\")", "\"a,b\"", "[\"a\",\"b\"]"),
        ("split(\"\")", "\"äb\"", "[\"ä\",\"b\"]"),
        ("join(\",\")", "[\"a\",null,1,true]", "\"a,,1,true\""),
        ("join(\",\")", "[]", "\"\""),
        ("ascii_downcase + ascii_upcase", "\"aB\"", "\"abAB\""),
        ("explode | implode", "\"aä😀\"", "\"aä😀\""),
        ("[.[] | tojson]", "[1.50,\"a\",null]", "[\"1.50\",\"\\\"a\\\"\",\"null\"]"),
        ("fromjson", "\"{\\\"a\\\": 1.0}\"", "{\"a\":1.0}"),
        ("try fromjson catch .", "\"{\"", "\"cannot parse JSON: expected a key in quotes at byte 1\""),
        ("tonumber", "\"12\"", "12"),
        ("try tonumber catch \"no\"", "\"x\"", "\"no\""),
        ("tostring", "[1]", "\"[1]\""),
        ("startswith(\"a\") and endswith(\"c\")", "\"abc\"", "true"),
        ("indices(\"b\")", "\"äbcb\"", "[1,3]"),
        ("index(\"b\"), 0", "\"abcb\"", "1"),
        ("contains(\"b\")", "\"abc\"", "true"),
        ("contains({a: [\"x\"]})", "{\"a\":[\"xy\",2],\"b\":1}", "true"),
        ("inside([1, 2])", "[1]", "true"),
        ("ascii", "65", "\"A\""),
        ("utf8bytelength", "\"ä\"", "2"),
        ("@base64, 1", "\"abc\"", "\"YWJj\""),
        ("@base64d", "\"YWJj\"", "\"abc\""),
        ("@uri", "\"a b&ä\"", "\"a%20b%26%C3%A4\""),
        ("@html", "\"<a>\"", "\"&lt;a&gt;\""),
        ("@sh", "\"it's\"", "\"'it'\\\\''s'\""),
        ("@json \"x\\(.)\"", "[1]", "\"x[1]\""),
        ("@csv", "[1,\"a\\\"b\",null,true]", "\"1,\\\"a\\\"\\\"b\\\",,true\""),
        ("@tsv", "[\"a\\tb\",1]", "\"a\\\\tb\\t1\""),
        ("@csv", "[[]]", "error: array ([]) is not valid in a row"),
        ("\"\\u00e9\\n\"", "null", "\"é\\n\""),
    ]);
}

#[test]
fn regular_expressions_follow_jq() {
    check(&[
        ("test(\"^a.c$\")", "\"abc\"", "true"),
        ("test(\"B\"; \"i\")", "\"abc\"", "true"),
        ("capture(\"(?<y>\\\\d+)-(?<m>\\\\d+)\")", "\"2024-05\"", "{\"y\":\"2024\",\"m\":\"05\"}"),
        ("capture(\"(?<a>x)?(?<b>y)\")", "\"y\"", "{\"a\":null,\"b\":\"y\"}"),
        ("[match(\"b\"; \"g\").offset]", "\"äbcb\"", "[1,3]"),
        (
            "match(\"(b)\")",
            "\"ab\"",
            "{\"offset\":1,\"length\":1,\"string\":\"b\",\"captures\":[{\"offset\":1,\"length\":1,\"string\":\"b\",\"name\":null}]}",
        ),
        ("[scan(\"[a-z]\")]", "\"a1b\"", "[\"a\",\"b\"]"),
        ("sub(\"(?<x>b)\"; \"[\\(.x)]\")", "\"abb\"", "\"a[b]b\""),
        ("gsub(\"b\"; \"-\")", "\"abb\"", "\"a--\""),
        ("gsub(\"\"; \"-\")", "\"ab\"", "\"-a-b-\""),
        ("split(\"b+\"; null)", "\"abbc\"", "[\"a\",\"c\"]"),
        ("test(\"(?<=a)b\")", "\"ab\"", "error: invalid pattern: look-around is not supported"),
        ("test(1)", "\"ab\"", "error: 1 cannot be matched, as it is not a string"),
    ]);
}

#[test]
fn collections_follow_jq() {
    check(&[
        ("sort", "[3,\"a\",null,[1],{\"a\":1},true,1.5]", "[null,true,1.5,3,\"a\",[1],{\"a\":1}]"),
        ("sort_by(.a) | map(.a)", "[{\"a\":2},{\"a\":1}]", "[1,2]"),
        ("group_by(.a) | map(length)", "[{\"a\":1},{\"a\":2},{\"a\":1}]", "[2,1]"),
        ("unique", "[2,1,2]", "[1,2]"),
        ("min_by(.a)", "[{\"a\":2},{\"a\":1}]", "{\"a\":1}"),
        ("[min, max]", "[2,1,3]", "[1,3]"),
        ("add", "[1,2]", "3"),
        ("add", "[]", "null"),
        ("add", "[null,\"a\",null,\"b\"]", "\"ab\""),
        ("add", "[\"a\",1]", "error: string (\"a\") and number (1) cannot be added"),
        ("add", "[[1],null,[2]]", "[1,2]"),
        ("add", "{\"a\":1,\"b\":2}", "3"),
        ("add(.[].a)", "[{\"a\":1},{\"a\":2}]", "3"),
        ("[any, all]", "[true,false]", "[true,false]"),
        ("flatten", "[1,[2,[3]]]", "[1,2,3]"),
        ("flatten(1)", "[1,[2,[3]]]", "[1,2,[3]]"),
        ("flatten(1)", "[]", "[]"),
        ("keys", "{\"b\":1,\"a\":2}", "[\"a\",\"b\"]"),
        ("keys_unsorted", "{\"b\":1,\"a\":2}", "[\"b\",\"a\"]"),
        ("has(\"a\")", "{\"a\":null}", "true"),
        ("has(1)", "[1]", "false"),
        ("map(in([0, 1]))", "[1,2]", "[true,false]"),
        ("reverse", "[1,2]", "[2,1]"),
        ("transpose", "[[1],[2,3]]", "[[1,2],[null,3]]"),
        ("[combinations]", "[[1,2],[3]]", "[[1,3],[2,3]]"),
        ("[limit(2; .[])]", "[1,2,3]", "[1,2]"),
        ("[limit(0; .[])]", "[1]", "[]"),
        ("[limit(-1; .[])]", "[1]", "error: limit doesn't support a negative count"),
        ("[skip(1; .[])]", "[1,2]", "[2]"),
        ("[first, last, nth(1)]", "[1,2,3]", "[1,3,2]"),
        ("first(empty)", "1", "null"),
        ("[range(0; 10; 3)]", "null", "[0,3,6,9]"),
        ("[range(3)]", "null", "[0,1,2]"),
        ("INDEX(.id)", "[{\"id\":\"a\"}]", "{\"a\":{\"id\":\"a\"}}"),
        ("GROUP_BY(.k)", "[{\"k\":\"a\"},{\"k\":\"a\"}]", "{\"a\":[{\"k\":\"a\"},{\"k\":\"a\"}]}"),
        ("IN(1, 2)", "2", "true"),
        ("toarray", "1", "[1]"),
        ("[tostream]", "{\"a\":[1]}", "[[[\"a\",0],1],[[\"a\",0]],[[\"a\"]]]"),
        ("fromstream(tostream)", "{\"a\":[1,{\"b\":2}]}", "{\"a\":[1,{\"b\":2}]}"),
        ("bsearch(2)", "[1,2,3]", "1"),
        ("bsearch(0)", "[1,2,3]", "-1"),
        ("tojson | fromjson", "{\"a\":[1]}", "{\"a\":[1]}"),
        (
            "[.[] | type]",
            "[null,true,1,\"\",[],{}]",
            "[\"null\",\"boolean\",\"number\",\"string\",\"array\",\"object\"]",
        ),
        ("{(1 | tostring): 2}", "null", "{\"1\":2}"),
        ("{(.): 2}", "1", "error: object keys must be strings, not number (1)"),
        ("{a, b: 1, \"c\": 2, $item}", "{\"a\":0}", "{\"a\":0,\"b\":1,\"c\":2,\"item\":{\"id\":7}}"),
        ("[.[] | numbers, strings]", "[1,\"a\",null]", "[1,\"a\"]"),
    ]);
}

#[test]
fn control_flow_follows_jq() {
    check(&[
        ("if . then 1 else 2 end", "0", "1"),
        ("if . then 1 end", "null", "null"),
        (".a // \"x\"", "{\"a\":false}", "\"x\""),
        ("[.[] // 9]", "[null,1]", "[1]"),
        ("try error(\"x\") catch .", "1", "\"x\""),
        ("try error({\"a\":1}) catch .a", "1", "1"),
        ("error(\"boom\")", "1", "error: boom"),
        ("error({a: 1})", "1", "error: {\"a\":1}"),
        ("reduce .[] as $x (0; . + $x)", "[1,2,3]", "6"),
        ("[foreach .[] as $x (0; . + $x)]", "[1,2,3]", "[1,3,6]"),
        (". as [$a, {b: $c}] | $a + $c", "[1,{\"b\":2}]", "3"),
        ("label $out | 1, break $out", "null", "1"),
        ("[.[] | select(. > 1)]", "[1,2]", "[2]"),
        ("def f(x): x * 2; f(.)", "4", "8"),
        ("def fac: if . <= 1 then 1 else . * (. - 1 | fac) end; fac", "20", "2432902008176640000"),
        ("until(. > 100; . * 2)", "1", "128"),
        ("[while(. < 5; . + 1)]", "3", "[3,4]"),
        ("[limit(3; repeat(1))]", "1", "[1,1,1]"),
        ("[recurse(if . < 2 then . + 1 else empty end)]", "0", "[0,1,2]"),
        ("isvalid(error)", "1", "false"),
        ("empty", "1", "null"),
        ("not", "null", "true"),
        ("[true, false | not]", "null", "[false,true]"),
        ("1 as $x | 2 as $y | [$x, $y]", "null", "[1,2]"),
        ("$context.c + $input.i", "null", "3"),
        ("[.[] as $item | $item]", "[1]", "[1]"),
    ]);
}

#[test]
fn dates_follow_jq() {
    check(&[
        ("todate", "0", "\"1970-01-01T00:00:00Z\""),
        ("fromdate", "\"2024-01-01T00:00:00Z\"", "1704067200"),
        ("strftime(\"%Y\")", "0", "\"1970\""),
        ("gmtime | mktime", "86400", "86400"),
        ("strptime(\"%Y-%m-%dT%H:%M:%SZ\") | mktime", "\"2024-01-01T00:00:00Z\"", "1704067200"),
        ("dateadd(\"seconds\"; 1)", "0", "1"),
        ("todate", "1e30", "error: 1e30 is not a time"),
        ("mktime", "[2024,1000,1,0,0,0,0,0]", "error: [2024,1000,1,0,0,0,0,0] is not a time"),
        (
            "strptime(\"%Y %:Q\")",
            "\"2024 Europe/Berlin\"",
            "error: `%Q` needs time zones by name, which expressions do not have",
        ),
    ]);
}

#[test]
fn last_of_equal_keys_wins_and_order_is_kept() {
    check(&[
        (".", "{\"b\":1,\"a\":2,\"b\":3}", "{\"b\":3,\"a\":2}"),
        ("{b: 1} + {a: 1} + {b: 2}", "null", "{\"b\":2,\"a\":1}"),
    ]);
}
