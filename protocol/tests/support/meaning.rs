//! The debug form of a value as JSON, so that readers in other languages can compare it.
//!
//! `Name { a: 1 }` becomes `{"Name": {"a": 1}}`, `Name(1)` `{"Name": 1}`, `Name(1, 2)` and `(1, 2)`
//! lists, `Some(x)` `x`, `None` null, a name alone a string. Numbers above 2^53 become strings.

use std::iter::Peekable;
use std::str::Chars;

use serde_json::{Map, Value};

/// # Panics
/// The value's debug form is not the derived one.
pub(crate) fn meaning(value: &impl std::fmt::Debug) -> Value {
    let text = format!("{value:?}");
    let mut rest = text.chars().peekable();
    let value = read(&mut rest);
    assert_eq!(rest.next(), None, "{text}");
    value
}

type Rest<'t> = Peekable<Chars<'t>>;

fn read(rest: &mut Rest<'_>) -> Value {
    skip_spaces(rest);
    match rest.peek().copied() {
        Some('"') => Value::String(quoted(rest, '"')),
        Some('\'') => Value::String(quoted(rest, '\'')),
        Some('[') => Value::Array(items(rest, ']')),
        Some('(') => Value::Array(items(rest, ')')),
        _ => named(rest),
    }
}

fn named(rest: &mut Rest<'_>) -> Value {
    let mut name = String::new();
    while let Some(c) = rest.next_if(|c| !" ,:(){}[]".contains(*c)) {
        name.push(c);
    }
    skip_spaces(rest);
    match rest.peek() {
        Some('(') => {
            let mut items = items(rest, ')');
            let value = if items.len() == 1 {
                items.remove(0)
            } else {
                Value::Array(items)
            };
            if name == "Some" {
                return value;
            }
            Value::Object(Map::from_iter([(name, value)]))
        }
        Some('{') => {
            let fields = Value::Object(fields(rest));
            Value::Object(Map::from_iter([(name, fields)]))
        }
        _ => plain(name),
    }
}

fn plain(word: String) -> Value {
    const EXACT: i64 = 1 << 53;
    match word.as_str() {
        "None" => Value::Null,
        "true" => Value::Bool(true),
        "false" => Value::Bool(false),
        _ => match word.parse::<i64>() {
            Ok(number) if number.abs() <= EXACT => number.into(),
            _ => Value::String(word),
        },
    }
}

fn items(rest: &mut Rest<'_>, end: char) -> Vec<Value> {
    rest.next();
    let mut items = Vec::new();
    loop {
        skip_separators(rest);
        if rest.next_if_eq(&end).is_some() {
            return items;
        }
        items.push(read(rest));
    }
}

fn fields(rest: &mut Rest<'_>) -> Map<String, Value> {
    rest.next();
    let mut fields = Map::new();
    loop {
        skip_separators(rest);
        if rest.next_if_eq(&'}').is_some() {
            return fields;
        }
        let mut name = String::new();
        for c in rest.by_ref().take_while(|c| *c != ':') {
            name.push(c);
        }
        fields.insert(name, read(rest));
    }
}

fn quoted(rest: &mut Rest<'_>, end: char) -> String {
    rest.next();
    let mut text = String::new();
    while let Some(c) = rest.next().filter(|c| *c != end) {
        text.push(if c == '\\' { escaped(rest) } else { c });
    }
    text
}

fn escaped(rest: &mut Rest<'_>) -> char {
    match rest.next() {
        Some('n') => '\n',
        Some('r') => '\r',
        Some('t') => '\t',
        Some('0') => '\0',
        Some('u') => {
            let hex: String = rest.by_ref().skip(1).take_while(|c| *c != '}').collect();
            let code = u32::from_str_radix(&hex, 16).ok().and_then(char::from_u32);
            code.expect("a character")
        }
        Some(c) => c,
        None => panic!("an escape at the end"),
    }
}

fn skip_spaces(rest: &mut Rest<'_>) {
    while rest.next_if_eq(&' ').is_some() {}
}

fn skip_separators(rest: &mut Rest<'_>) {
    while rest.next_if(|c| " ,".contains(*c)).is_some() {}
}
