# Definitions that jq has and the interpreter has not, or has differently.

def toarray: if type == "array" then . else [.] end;
def trimstr($x): ltrimstr($x) | rtrimstr($x);
def ascii: [.] | implode;
def isvalid(f): try (f | true) catch false;
def have_literal_numbers: true;
def have_decnum: false;

def delpaths($paths): reduce ($paths | sort | reverse | .[]) as $p (.; if $p == [] then null else getpath($p) |= empty end);
def del(f): delpaths([path(f)]);
def leaf_paths: paths(scalars);
def recurse_down: recurse;

def flatten($d): if $d < 0 then error("flatten depth must not be negative")
  else [.[] | if isarray and $d > 0 then flatten($d - 1)[] else . end] end;

def INDEX(stream; f): reduce stream as $row ({}; .[$row | f | tostring] = $row);
def INDEX(f): INDEX(.[]; f);
def IN(s): any(s == .; .);
def IN(src; s): any(src == s; .);
def GROUP_BY(stream; f): reduce stream as $row ({}; .[$row | f | tostring] += [$row]);
def GROUP_BY(f): GROUP_BY(.[]; f);

def tostream: path(def r: (.[]? | r), .; r) as $p | getpath($p) | reduce path(.[]?) as $q ([$p, .]; [$p + $q]);
def fromstream(f): foreach f as $i ({ x: null, e: false };
  if .e then { x: null, e: false } else . end
  | if ($i | length) == 2
    then .e = ($i[0] | length == 0) | .x = (.x | setpath($i[0]; $i[1]))
    else .e = ($i[0] | length == 1) end;
  if .e then .x else empty end);
def truncate_stream(stream): . as $n | stream | if (.[0] | length) > $n then .[0] |= .[$n:] else empty end;

def date: todate;
def dateadd(unit; n): . + n;
def datesub(unit; n): . - n;

def row_cell: error("\(type) (\(.)) is not valid in a row");
def @csv: [.[] | if . == null then "" elif isnumber or isboolean then tojson
  elif isstring then "\"" + (split("\"") | join("\"\"")) + "\"" else row_cell end] | join(",");
def @tsv: [.[] | if . == null then "" elif isnumber or isboolean then tojson
  elif isstring then split("\\") | join("\\\\") | split("\t") | join("\\t") | split("\n") | join("\\n") | split("\r") | join("\\r")
  else row_cell end] | join("\t");
