//! A session at rest that nobody looks at gives memory back.

use std::ffi::c_void;
use std::ops::Range;

use rustix::mm::{Advice, madvise};

/// Unmaps what has been read of this program so far: most of it was needed to start, or to serve who
/// has left. What is needed again comes back from the page cache when it is touched.
pub(crate) fn let_go() {
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap_or_default();
    for Range { start, end } in unwritten(&maps, let_go as fn() as usize) {
        // SAFETY: these are whole mappings of the program's file that nothing was written to, so
        // that what is read there next is the same, from the file.
        let _ = unsafe { madvise(start as *mut c_void, end - start, Advice::LinuxDontNeed) };
    }
}

/// Of the file that has code at `code`: the mapping of this code, and those before it. What comes
/// after the code is written to when the program is loaded, and write-protected only then.
fn unwritten(maps: &str, code: usize) -> Vec<Range<usize>> {
    let mappings: Vec<_> = maps.lines().filter_map(mapping).collect();
    let Some(last) = mappings.iter().position(|(range, _)| range.contains(&code)) else {
        return Vec::new();
    };
    let file = mappings.get(last).map(|(_, inode)| *inode);
    let until = mappings.into_iter().take(last + 1);
    let ours = until.filter(|(_, inode)| Some(*inode) == file);
    ours.map(|(range, _)| range).collect()
}

/// Range and inode of a line like
/// `55e0a000-55e0c000 r-xp 00002000 fe:00 247282   /usr/bin/head`, if it is not writable.
fn mapping(line: &str) -> Option<(Range<usize>, &str)> {
    let mut fields = line.split_ascii_whitespace();
    let (start, end) = fields.next()?.split_once('-')?;
    let rights = fields.next()?;
    let inode = fields.nth(2)?;
    let address = |text| usize::from_str_radix(text, 16).ok();
    let range = address(start)?..address(end)?;
    (!rights.contains('w')).then_some((range, inode))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAPS: &str = "\
1000-2000 r--p 00000000 fe:00 7    /opt/other
3000-5000 r--p 00000000 fe:00 9    /opt/keeper
5000-9000 r-xp 00002000 fe:00 9    /opt/keeper
9000-a000 r--p 00006000 fe:00 9    /opt/keeper
a000-b000 rw-p 00007000 fe:00 9    /opt/keeper
b000-c000 rw-p 00000000 00:00 0    [heap]
";

    #[test]
    fn code_and_what_is_before_it_was_never_written_to() {
        let ours: [Range<usize>; 2] = [0x3000..0x5000, 0x5000..0x9000];
        assert_eq!(unwritten(MAPS, 0x6123), ours);
    }

    #[test]
    fn code_that_is_nowhere_is_left_alone() {
        assert!(unwritten(MAPS, 0xa123).is_empty());
        assert!(unwritten("no such lines\n", 0x6123).is_empty());
    }

    #[test]
    fn the_program_goes_on() {
        let before = std::hint::black_box(concat!("constants", " are there"));
        let_go();
        assert_eq!(before, "constants are there");
    }
}
