//! HTTP/1.1 messages, as far as two programs on one machine need them.

use std::io::{self, BufRead, Read};

/// Bytes of a message's body.
const BODY_BYTES_MAX: u64 = 16 << 20;

/// A request or an answer.
#[derive(Debug, Default)]
pub(crate) struct Message {
    /// The request line or the status line.
    pub(crate) first: String,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Message {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }
}

/// Reads one message; `None` when the other side has closed the connection between two.
pub(crate) fn read(stream: &mut impl BufRead) -> io::Result<Option<Message>> {
    let Some(first) = line(stream)? else { return Ok(None) };
    let mut message = Message { first, ..Message::default() };
    loop {
        let line = line(stream)?.ok_or_else(cut_off)?;
        if line.is_empty() {
            break;
        }
        let (name, value) = line.split_once(':').ok_or_else(cut_off)?;
        message.headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let chunked = message.header("transfer-encoding").is_some_and(|kind| kind.contains("chunked"));
    let length = message.header("content-length").and_then(|length| length.parse::<u64>().ok());
    message.body = if chunked { chunks(stream)? } else { exactly(stream, length.unwrap_or(0))? };
    Ok(Some(message))
}

fn line(stream: &mut impl BufRead) -> io::Result<Option<String>> {
    let mut line = String::new();
    if stream.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    Ok(Some(line.trim_end_matches(['\r', '\n']).to_owned()))
}

fn chunks(stream: &mut impl BufRead) -> io::Result<Vec<u8>> {
    let mut body = vec![];
    loop {
        let size = line(stream)?.ok_or_else(cut_off)?;
        let size = u64::from_str_radix(size.trim(), 16).map_err(|_| cut_off())?;
        body.extend(exactly(stream, size)?);
        line(stream)?;
        if size == 0 {
            return Ok(body);
        }
    }
}

fn exactly(stream: &mut impl BufRead, length: u64) -> io::Result<Vec<u8>> {
    let mut body = vec![];
    let read = stream.by_ref().take(length.min(BODY_BYTES_MAX)).read_to_end(&mut body)?;
    if u64::try_from(read).is_ok_and(|read| read == length) { Ok(body) } else { Err(cut_off()) }
}

fn cut_off() -> io::Error {
    io::Error::new(io::ErrorKind::UnexpectedEof, "the message is cut off")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_read_one_after_the_other() {
        let mut bytes: &[u8] =
            b"POST /a HTTP/1.1\r\nX-A: 1\r\nContent-Length: 2\r\n\r\nhiGET /b HTTP/1.1\r\n\r\n";
        let first = read(&mut bytes).unwrap().unwrap();
        assert_eq!((first.first.as_str(), first.header("x-a")), ("POST /a HTTP/1.1", Some("1")));
        assert_eq!(first.body, b"hi");
        assert_eq!(read(&mut bytes).unwrap().unwrap().first, "GET /b HTTP/1.1");
        assert!(read(&mut bytes).unwrap().is_none());
    }

    #[test]
    fn chunks_are_put_together_and_a_cut_message_is_an_error() {
        let whole =
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n{\"a\r\n4\r\n\":1}\r\n0\r\n\r\n";
        assert_eq!(read(&mut &whole[..]).unwrap().unwrap().body, b"{\"a\":1}");
        assert!(read(&mut &whole[..whole.len() - 8]).is_err());
    }
}
