//! Text to words, quoted texts and operators, each with its position.

use super::Comparison;
use super::parse::FilterError;

/// A piece of a filter's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// A bare word: a field, `AND`, or a value without spaces.
    Word(String),
    /// A text in double quotes; `\"` and `\\` stand for themselves.
    Quoted(String),
    /// A comparison.
    Operator(Comparison),
    /// `(`
    Open,
    /// `)`
    Close,
    /// `,`
    Comma,
}

/// The tokens with the byte at which each starts.
pub(super) fn tokens(text: &str) -> Result<Vec<(usize, Token)>, FilterError> {
    let mut tokens = Vec::new();
    let mut rest = text.char_indices().peekable();
    while let Some((at, c)) = rest.next() {
        let token = match c {
            c if c.is_whitespace() => continue,
            '(' => Token::Open,
            ')' => Token::Close,
            ',' => Token::Comma,
            '"' => Token::Quoted(quoted(at, &mut rest)?),
            '=' => Token::Operator(Comparison::Equal),
            '!' | '<' | '>' => {
                let equals = rest.next_if(|(_, next)| *next == '=').is_some();
                Token::Operator(operator(at, c, equals)?)
            }
            c => {
                let mut word = String::from(c);
                while let Some((_, next)) = rest.next_if(|(_, next)| in_word(*next)) {
                    word.push(next);
                }
                Token::Word(word)
            }
        };
        tokens.push((at, token));
    }
    Ok(tokens)
}

fn operator(at: usize, c: char, equals: bool) -> Result<Comparison, FilterError> {
    match (c, equals) {
        ('!', true) => Ok(Comparison::NotEqual),
        ('<', false) => Ok(Comparison::Less),
        ('<', true) => Ok(Comparison::AtMost),
        ('>', false) => Ok(Comparison::Greater),
        ('>', true) => Ok(Comparison::AtLeast),
        _ => Err(FilterError::new(at, "`!` alone is no operator", "write `!=`")),
    }
}

fn in_word(c: char) -> bool {
    !c.is_whitespace() && !matches!(c, '(' | ')' | ',' | '"' | '=' | '!' | '<' | '>')
}

fn quoted(at: usize, rest: &mut impl Iterator<Item = (usize, char)>) -> Result<String, FilterError> {
    let mut text = String::new();
    while let Some((position, c)) = rest.next() {
        match c {
            '"' => return Ok(text),
            '\\' => {
                let Some((_, escaped @ ('"' | '\\'))) = rest.next() else {
                    let hint = "only `\\\"` and `\\\\` may follow a backslash";
                    return Err(FilterError::new(position, "unknown escape", hint));
                };
                text.push(escaped);
            }
            c => text.push(c),
        }
    }
    Err(FilterError::new(at, "a quoted text does not end", "close it with `\"`"))
}
