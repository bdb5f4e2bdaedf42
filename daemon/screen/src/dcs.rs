//! Device control strings (DCS): DECRQSS and XTGETTCAP are answered, DECRSPS restores; all else is
//! skipped.

use crate::level::Level;
use crate::sgr;
use crate::terminal::Terminal;
use abide_protocol::CursorShape;

/// DECRQSS asks for what is not known.
const REFUSED: &str = "\x1bP0$r\x1b\\";

impl Terminal {
    /// One whole string, from its parameters on.
    pub(crate) fn dcs(&mut self, bytes: &[u8]) {
        if let Some(what) = bytes.strip_prefix(b"$q") {
            self.report_setting(what);
        } else if let Some(names) = bytes.strip_prefix(b"+q") {
            for name in names.split(|byte| *byte == b';') {
                self.report_capability(name);
            }
        } else if let [what, b'$', b't', report @ ..] = bytes
            && self.level >= Level(3)
        {
            self.restore_presentation(*what, report);
        }
    }

    /// DECRQSS.
    fn report_setting(&mut self, what: &[u8]) {
        let margins = self.margins;
        let answer = match what {
            b"m" => format!("{}m", sgr::codes(self.pen.style())),
            b"r" => format!("{};{}r", margins.top + 1, margins.bottom + 1),
            b"s" if self.level == Level::MOST => {
                format!("{};{}s", margins.left + 1, margins.right + 1)
            }
            b" q" => format!("{} q", self.cursor_style()),
            b"\"q" => format!("{}\"q", u8::from(self.protect && !self.guarded)),
            b"\"p" if self.level == Level::LEAST => "61\"p".to_owned(),
            b"\"p" => format!("6{};1\"p", self.level.0),
            b"t" => format!("{}t", self.rows()),
            b"*|" => format!("{}*|", self.rows()),
            b"$|" => format!("{}$|", self.cols()),
            b"*x" => format!("{}*x", self.extent.number()),
            // No status line.
            b"$}" => "0$}".to_owned(),
            b"$~" => "0$~".to_owned(),
            [b'>', resource @ .., b'm'] => match self.modified_keys_setting(resource) {
                Some(setting) => setting,
                None => return self.reply(REFUSED),
            },
            _ => return self.reply(REFUSED),
        };
        self.reply(format!("\x1bP1$r{answer}\x1b\\"));
    }

    /// XTMODKEYS as it would be sent, by the digits of its resource.
    fn modified_keys_setting(&self, resource: &[u8]) -> Option<String> {
        let resource = std::str::from_utf8(resource).ok()?.parse().ok()?;
        let value = self.modified_keys(resource)?;
        Some(format!(">{resource};{value}m"))
    }

    /// The DECSCUSR number in force.
    fn cursor_style(&self) -> u8 {
        let steady = u8::from(!self.flags.cursor_blink);
        match self.cursor_shape {
            CursorShape::Default => 0,
            CursorShape::Block => 1 + steady,
            CursorShape::Underline => 3 + steady,
            CursorShape::Bar => 5 + steady,
        }
    }

    /// XTGETTCAP: one name in hexadecimal.
    fn report_capability(&mut self, name: &[u8]) {
        let hex = String::from_utf8_lossy(name);
        let valid = !hex.is_empty() && hex.bytes().all(|byte| byte.is_ascii_hexdigit());
        let value = unhex(name).and_then(|name| capability(&name));
        let answer = match value {
            _ if !valid => "\x1bP0+r\x1b\\".to_owned(),
            None => format!("\x1bP0+r{hex}\x1b\\"),
            Some("") => format!("\x1bP1+r{hex}\x1b\\"),
            Some(value) => {
                let value = value
                    .bytes()
                    .fold(String::new(), |hex, byte| format!("{hex}{byte:02X}"));
                format!("\x1bP1+r{hex}={value}\x1b\\")
            }
        };
        self.reply(answer);
    }
}

fn unhex(digits: &[u8]) -> Option<String> {
    let pairs = digits.chunks(2).map(|pair| {
        let pair = std::str::from_utf8(pair)
            .ok()
            .filter(|pair| pair.len() == 2)?;
        u8::from_str_radix(pair, 16).ok()
    });
    String::from_utf8(pairs.collect::<Option<Vec<u8>>>()?).ok()
}

/// Terminfo values that programs ask for at run time. Empty: a flag that is set.
fn capability(name: &str) -> Option<&'static str> {
    Some(match name {
        "TN" | "name" => "xterm-256color",
        "Co" | "colors" => "256",
        "RGB" => "8/8/8",
        "Tc" | "Su" | "XF" | "am" | "bce" | "ccc" | "km" | "mir" | "msgr" | "npc" | "xenl" => "",
        "Ms" => "\x1b]52;%p1%s;%p2%s\x07",
        "Se" => "\x1b[0 q",
        "Ss" => "\x1b[%p1%d q",
        "Smulx" => "\x1b[4:%p1%dm",
        "Setulc" => "\x1b[58:2::%p1%{65536}%/%d:%p1%{256}%/%{255}%&%d:%p1%{255}%&%dm",
        "Sync" => "\x1b[?2026%?%p1%{1}%-%tl%eh%;",
        "smxx" => "\x1b[9m",
        "rmxx" => "\x1b[29m",
        "setrgbf" => "\x1b[38:2:%p1%d:%p2%d:%p3%dm",
        "setrgbb" => "\x1b[48:2:%p1%d:%p2%d:%p3%dm",
        "BE" => "\x1b[?2004h",
        "BD" => "\x1b[?2004l",
        "PS" => "\x1b[200~",
        "PE" => "\x1b[201~",
        _ => return None,
    })
}
