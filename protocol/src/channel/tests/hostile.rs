//! Somebody between the ends: changes, cuts, repeats, reorders and reflects messages, at every
//! stage. `ABIDE_SOAK=1` runs a million changed conversations; `ABIDE_TURNS` and `ABIDE_SEED` say how
//! many otherwise, and which.

use super::conversation::{Outcome, RUNS, Run, pair, resume};
use super::ends::Ends;
use crate::channel::crypto::planted;

/// Changed conversations of the long run.
const MANY: u64 = 1_000_000;
/// Changed conversations otherwise, besides those that change each byte once.
const FEW: u64 = 2_000;
/// Conversations that are left as they are: two of so many.
const UNTOUCHED: u64 = 16;
/// Threads, each with a seed of its own.
const THREADS: u64 = 2;

/// xorshift64*: the same numbers every time.
struct Numbers(u64);

impl Numbers {
    fn of(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let number = self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33;
        usize::try_from(number).unwrap() % end
    }

    fn byte(&mut self) -> u8 {
        u8::try_from(self.below(255) + 1).unwrap()
    }
}

/// Changes a message for certain.
fn change(message: &mut Vec<u8>, numbers: &mut Numbers) {
    let at = numbers.below(message.len());
    match numbers.below(8) {
        0 => message.truncate(at),
        1 => message.insert(at, numbers.byte()),
        2 => {
            let byte = numbers.byte();
            message.push(byte);
        }
        3 => {
            message.remove(at);
        }
        4 => message[at..].iter_mut().for_each(|byte| *byte = !*byte),
        5 | 6 => message[at] ^= 1 << numbers.below(8),
        _ => message[at] ^= numbers.byte(),
    }
}

/// A changed message is refused where it arrives; a changed hello, which is not sealed, at the
/// latest with the first message of the handshake. Before the device's first transport message
/// nothing has happened.
fn is_refused_in_time(outcome: &Outcome, changed: usize) -> bool {
    let in_time = match (changed, outcome.refused) {
        (0 | 1, Some(refused)) => (changed..=2).contains(&refused),
        (changed, refused) => refused == Some(changed),
    };
    in_time && (outcome.effect == (changed > 4))
}

fn check(ends: &Ends, run: Run, changed: usize, how: &mut dyn FnMut(&mut Vec<u8>)) {
    let mut before = Vec::new();
    let mut after = Vec::new();
    let outcome = run(ends, &mut |number, mut message| {
        if number == changed {
            before.clone_from(&message);
            how(&mut message);
            after.clone_from(&message);
        }
        message
    });
    assert_ne!(before, after);
    assert!(
        is_refused_in_time(&outcome, changed),
        "{outcome:?} for message {changed}\n was {before:02x?}\n now {after:02x?}"
    );
}

fn check_many(ends: &Ends, seed: u64, count: u64) {
    let mut numbers = Numbers::of(seed);
    let whole = Outcome {
        refused: None,
        effect: true,
    };
    for turn in 0..count {
        let (run, messages) = RUNS[usize::from(turn % 2 == 1)];
        if turn % UNTOUCHED < 2 {
            assert_eq!(run(ends, &mut |_, message| message), whole);
        }
        let changed = numbers.below(messages);
        check(ends, run, changed, &mut |message| {
            change(message, &mut numbers);
        });
    }
}

/// A number from the environment.
fn told(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap())
}

#[test]
fn no_changed_conversation_is_accepted() {
    let soak = std::env::var_os("ABIDE_SOAK").is_some_and(|value| !value.is_empty());
    let count = told("ABIDE_TURNS").unwrap_or(if soak { MANY } else { FEW });
    let seed = told("ABIDE_SEED").unwrap_or(0xAB1DE);
    println!("ABIDE_SEED={seed} ABIDE_TURNS={count}");
    let ends = Ends::new();
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let ends = &ends;
            scope.spawn(move || check_many(ends, seed + thread, count / THREADS));
        }
    });
}

#[test]
fn a_change_of_any_byte_is_refused() {
    let ends = Ends::new();
    let mut numbers = Numbers::of(1);
    for (run, messages) in RUNS {
        let mut lengths = Vec::new();
        run(&ends, &mut |_, message| {
            lengths.push(message.len());
            message
        });
        assert_eq!(lengths.len(), messages);
        for (changed, length) in lengths.into_iter().enumerate() {
            for at in 0..length {
                let bits = numbers.byte();
                check(&ends, run, changed, &mut |message| message[at] ^= bits);
            }
        }
    }
}

/// A proof that these tests can fail: with a cipher that does not look at tags, changes go by.
#[test]
fn a_planted_bug_is_caught() {
    let ends = Ends::new();
    let cases: [(Run, usize); 5] = [(resume, 2), (resume, 3), (resume, 7), (pair, 2), (pair, 3)];
    for (run, changed) in cases {
        let change_last = |ends: &Ends| {
            run(ends, &mut |number, mut message| {
                if number == changed {
                    *message.last_mut().unwrap() ^= 1;
                }
                message
            })
        };
        assert!(is_refused_in_time(&change_last(&ends), changed));
        let outcome = planted::during(|| change_last(&ends));
        assert!(!is_refused_in_time(&outcome, changed), "message {changed}");
    }
}

/// What arrives in place of message `number`, given all that was sent so far.
type Trick = fn(number: usize, sent: &[Vec<u8>]) -> Option<Vec<u8>>;

/// Of messages that are alike in form, which arrives matters as much as what it says.
#[test]
fn messages_out_of_their_place_are_refused() {
    let tricks: [(&str, Trick); 5] = [
        ("reflected: the receiver's own last message", |n, sent| {
            sent.get(n.checked_sub(1)?).cloned()
        }),
        ("repeated: the sender's message before", |n, sent| {
            sent.get(n.checked_sub(2)?).cloned()
        }),
        ("the first message again", |n, sent| {
            (n > 0).then(|| sent.first().cloned()).flatten()
        }),
        ("nothing", |_, _| Some(Vec::new())),
        ("cut in half", |n, sent| {
            sent.get(n)
                .map(|message| message[..message.len() / 2].to_vec())
        }),
    ];
    let ends = Ends::new();
    for (run, messages) in RUNS {
        for (name, trick) in tricks {
            for changed in 0..messages {
                let mut sent = Vec::new();
                let mut done = false;
                let outcome = run(&ends, &mut |number, message| {
                    sent.push(message.clone());
                    let instead = trick(number, &sent).filter(|_| number == changed);
                    done |= instead.is_some();
                    instead.unwrap_or(message)
                });
                assert!(
                    !done || is_refused_in_time(&outcome, changed),
                    "{name}, message {changed}: {outcome:?}"
                );
                assert!(done || changed < 2);
            }
        }
    }
}

/// Two messages of one direction change places.
#[test]
fn reordered_messages_are_refused() {
    let ends = Ends::new();
    let mut later = None;
    // What the device says in messages 6 and 7, learned ahead by saying it again.
    let outcome = resume(&ends, &mut |number, message| match number {
        6 => {
            later = Some(message.clone());
            message
        }
        7 => later.clone().unwrap(),
        _ => message,
    });
    assert_eq!(outcome.refused, Some(7));
}

/// All that a device ever sent, once more: the daemon's challenge is another one.
#[test]
fn a_recorded_conversation_is_worth_nothing() {
    let ends = Ends::new();
    for (run, messages) in RUNS {
        let mut recorded = Vec::new();
        run(&ends, &mut |_, message| {
            recorded.push(message.clone());
            message
        });
        assert_eq!(recorded.len(), messages);
        let outcome = run(&ends, &mut |number, message| match number {
            0 | 2 | 4 => recorded[number].clone(),
            _ => message,
        });
        let expected = Outcome {
            refused: Some(2),
            effect: false,
        };
        assert_eq!(outcome, expected);
        // The daemon's side of it, to a device.
        let outcome = run(&ends, &mut |number, message| match number {
            1 | 3 => recorded[number].clone(),
            _ => message,
        });
        assert_eq!(outcome, expected);
    }
}
