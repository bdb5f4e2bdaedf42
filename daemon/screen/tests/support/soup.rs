//! What programs write, made up at random.

use proptest::prelude::*;

/// Pieces of what programs write, weighted to meet at edges.
#[expect(clippy::too_many_lines, reason = "a list")]
pub(crate) fn piece() -> impl Strategy<Value = Vec<u8>> {
    let text = prop_oneof![
        "[a-z ]{1,30}",
        "[\u{4e00}\u{1f600}\u{26a0}\u{fe0f}\u{200d}\u{1f468}\u{1f1e9}\u{301}\u{1100}\u{1161}x]{1,8}",
        Just("\u{26a0}\u{fe0f}".to_owned()),
        Just("\u{fe0e}".to_owned()),
        "[\u{600}\u{94d}\u{915}\u{937}#\u{20e3}]{1,6}",
    ];
    let number = prop_oneof![0u16..6, 0u16..300, Just(65_535u16)];
    let numbers = prop::collection::vec(number, 0..4);
    let rectangle = (
        prop::collection::vec(prop_oneof![0u16..9, 30u16..130, Just(9472u16)], 0..9),
        prop::sample::select(vec!["$v", "$x", "$z", "${", "$r", "$t", "*x", "*y", "#y"]),
    );
    let rectangle = rectangle.prop_map(|(numbers, last)| {
        let numbers: Vec<String> = numbers.iter().map(u16::to_string).collect();
        format!("\x1b[{}{last}", numbers.join(";"))
    });
    let csi = (numbers, "[@A-Za-z`]").prop_map(|(numbers, last)| {
        let numbers: Vec<String> = numbers.iter().map(u16::to_string).collect();
        format!("\x1b[{}{last}", numbers.join(";"))
    });
    let modes = prop::sample::select(vec![
        6u16, 7, 9, 42, 45, 47, 69, 1045, 1047, 1048, 1049, 2026, 2027, 12, 25, 1000, 2031, 2048,
    ]);
    let private = (modes, "[hlsr]").prop_map(|(mode, last)| format!("\x1b[?{mode}{last}"));
    let fixed = prop::sample::select(vec![
        "\r",
        "\n",
        "\r\n",
        "\t",
        "\x08",
        "\x1bM",
        "\x1bD",
        "\x1bE",
        "\x1b7",
        "\x1b8",
        "\x1bc",
        "\x1b#8",
        "\x1b(0",
        "\x1b(B",
        "\x0e",
        "\x0f",
        "\x1b[4h",
        "\x1b[4l",
        "\x1b[!p",
        "\x1b[1\"q",
        "\x1b[?1J",
        "\x1b[?K",
        "\x1b[3J",
        "\x1b[2J",
        "\x1b[41m",
        "\x1b[m",
        "\x1b[38;2;1;2;3m",
        "\x1b[1;4;48;2;4;5;6m",
        "\x1b]0;title\x07",
        "\x1b]8;;http://x\x1b\\",
        "\x1b]8;;\x1b\\",
        "\x1b]133;A\x07",
        "\x1b[5 @",
        "\x1b[2 A",
        "\x1b[2'}",
        "\x1b[2'~",
        "\x1b6",
        "\x1b9",
        "\x1bV",
        "\x1bW",
        "\x1bP$qm\x1b\\",
        "\x1b[>5u",
        "\x1b[<u",
        "\x1b]4;1;?\x07",
        "\x1b_Gx\x1b\\",
        "\x1b[48:5:3m",
        "\x1bN",
        "\x7f",
        "\x1b-A",
        "\x1b(>",
        "\x1b)K",
        "\x1b(%5",
        "\x1b[62\"p",
        "\x1b[64\"p",
        "\x1b[#{",
        "\x1b[1;30#{",
        "\x1b[#}",
        "\x1b[#P",
        "\x1b[3#P",
        "\x1b[#Q",
        "\x1b[1;1;3;3#|",
        "\x1b[1$w",
        "\x1bP1$t2;3;1;K;A;H;1;2;B;0A%5>\x1b\\",
        "\x1bP2$t3/5/9\x1b\\",
    ]);
    prop_oneof![
        4 => text.prop_map(String::into_bytes),
        3 => csi.prop_map(String::into_bytes),
        1 => rectangle.prop_map(String::into_bytes),
        2 => private.prop_map(String::into_bytes),
        3 => fixed.prop_map(|text| text.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 1..12),
    ]
}

pub(crate) fn soup() -> impl Strategy<Value = Vec<Vec<u8>>> {
    prop::collection::vec(piece(), 1..60)
}

pub(crate) fn size() -> impl Strategy<Value = (u16, u16)> {
    prop_oneof![
        (1u16..5, 1u16..5),
        (1u16..30, 1u16..10),
        (70u16..90, 20u16..30)
    ]
}
