//! Digits to be read from across a room.

/// Each digit in five lines of five columns.
const DIGITS: [[&str; 5]; 10] = [
    ["█████", "█   █", "█   █", "█   █", "█████"],
    ["  █  ", " ██  ", "  █  ", "  █  ", "█████"],
    ["█████", "    █", "█████", "█    ", "█████"],
    ["█████", "    █", " ████", "    █", "█████"],
    ["█   █", "█   █", "█████", "    █", "    █"],
    ["█████", "█    ", "█████", "    █", "█████"],
    ["█████", "█    ", "█████", "█   █", "█████"],
    ["█████", "    █", "   █ ", "  █  ", "  █  "],
    ["█████", "█   █", "█████", "█   █", "█████"],
    ["█████", "█   █", "█████", "    █", "█████"],
];

/// The lines that show `code`, and below them the same in plain digits, for those who cannot see
/// pictures.
pub(super) fn large(code: &str) -> Vec<String> {
    let digits: Vec<_> = code.chars().filter_map(|c| c.to_digit(10)).collect();
    let line = |row: usize| {
        let shapes = digits
            .iter()
            .filter_map(|digit| DIGITS.get(*digit as usize));
        let shapes: Vec<_> = shapes.map(|shape| shape[row]).collect();
        shapes.join("  ").trim_end().to_owned()
    };
    let mut lines: Vec<_> = (0..5).map(line).collect();
    lines.push(String::new());
    lines.push(code.to_owned());
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_digit_has_a_shape_of_its_own() {
        for (digit, shape) in DIGITS.iter().enumerate() {
            assert!(
                shape.iter().all(|line| line.chars().count() == 5),
                "{digit}"
            );
            assert!(!DIGITS[..digit].contains(shape), "{digit}");
        }
        assert_eq!(large("71")[..2], ["█████    █", "    █   ██"]);
        assert_eq!(large("012345").last().map(String::as_str), Some("012345"));
    }
}
