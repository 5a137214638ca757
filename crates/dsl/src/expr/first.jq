# Definitions that stand before all others, because the others use them. They may use nothing but natives.

def infinite: 1e999;
def nan: infinite - infinite;

def gmtime:        time__raw | gmtime__raw;
def mktime:        time__raw | mktime__raw;
def todateiso8601: time__raw | todateiso8601__raw;
def strftime($f):  time__raw | strftime__raw($f);
def strptime($f):  time_format__raw($f) | strptime__raw($f);

def tonumber: tonumber__raw;

def ltrimstr($x): if type == "string" and ($x | type) == "string" then ltrimstr__raw($x) else . end;
def rtrimstr($x): if type == "string" and ($x | type) == "string" then rtrimstr__raw($x) else . end;

def limit($n; f): if $n > 0 then limit__raw($n; f) elif $n == 0 then {}[] else ("limit doesn't support a negative count" | error_empty) end;
def skip($n; f):  if $n > 0 then skip__raw($n; f)  elif $n == 0 then f    else ("skip doesn't support a negative count"  | error_empty) end;

def from_entries: reduce .[] as $x ({}; . + {
  ($x | (if .key == (0 != 0) then "false" else .key // .k // .name // .Name // .K // .Key end)
      | if type == "string" then . else tojson end):
  ($x | if has("value") then .value elif has("v") then .v else .Value end)
});
