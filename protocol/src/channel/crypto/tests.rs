#![cfg(test)]

use std::sync::Arc;

use serde_json::Value;
use snow::types::{Cipher, Dh, Hash};
use snow::{Builder, HandshakeState};

use super::{Resolver, cipher::AesGcm, dh::X25519, hash::Sha256};
use crate::channel::entropy::SystemEntropy;

fn unhex(text: &str) -> Vec<u8> {
    let digits: Vec<_> = text.chars().collect();
    let byte = |pair: &[char]| u8::from_str_radix(&pair.iter().collect::<String>(), 16).unwrap();
    digits.chunks(2).map(byte).collect()
}

fn key(text: &str) -> [u8; 32] {
    unhex(text).try_into().unwrap()
}

fn field(vector: &Value, name: &str) -> Vec<u8> {
    unhex(vector[name].as_str().unwrap_or_default())
}

/// One end of a vector: `side` is `init` or `resp`.
fn end(vector: &Value, side: &str) -> HandshakeState {
    let name = vector["protocol_name"].as_str().unwrap();
    let resolver = Box::new(Resolver(Arc::new(SystemEntropy)));
    let static_key = field(vector, &format!("{side}_static"));
    let ephemeral = field(vector, &format!("{side}_ephemeral"));
    let remote = field(vector, &format!("{side}_remote_static"));
    let prologue = field(vector, &format!("{side}_prologue"));
    let psk = vector[format!("{side}_psks")][0].as_str().map(key);
    let mut builder = Builder::with_resolver(name.parse().unwrap(), resolver)
        .local_private_key(&static_key)
        .unwrap()
        .prologue(&prologue)
        .unwrap()
        .fixed_ephemeral_key_for_testing_only(&ephemeral);
    if let Some(psk) = &psk {
        let position = name.split('_').nth(1).unwrap().strip_prefix("IKpsk");
        builder = builder
            .psk(position.unwrap().parse().unwrap(), psk)
            .unwrap();
    }
    if side == "init" {
        builder = builder.remote_public_key(&remote).unwrap();
        builder.build_initiator().unwrap()
    } else {
        builder.build_responder().unwrap()
    }
}

fn check_vector(vector: &Value) {
    let messages: Vec<(Vec<u8>, Vec<u8>)> = vector["messages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|message| (field(message, "payload"), field(message, "ciphertext")))
        .collect();
    let mut ends = [end(vector, "init"), end(vector, "resp")];
    let mut out = [0; 1024];
    for (turn, (payload, ciphertext)) in messages.iter().take(2).enumerate() {
        let length = ends[turn].write_message(payload, &mut out).unwrap();
        assert_eq!(&out[..length], ciphertext);
        let length = ends[1 - turn].read_message(ciphertext, &mut out).unwrap();
        assert_eq!(&out[..length], payload);
    }
    for end in &ends {
        assert_eq!(end.get_handshake_hash(), field(vector, "handshake_hash"));
    }
    let mut ends = ends.map(|end| end.into_transport_mode().unwrap());
    for (number, (payload, ciphertext)) in messages.iter().enumerate().skip(2) {
        let turn = number % 2;
        let length = ends[turn].write_message(payload, &mut out).unwrap();
        assert_eq!(&out[..length], ciphertext);
        let length = ends[1 - turn].read_message(ciphertext, &mut out).unwrap();
        assert_eq!(&out[..length], payload);
    }
}

#[test]
fn the_official_vectors_hold_from_both_ends() {
    let text = include_str!("../../../tests/noise/cacophony.json");
    let file: Value = serde_json::from_str(text).unwrap();
    let vectors = file["vectors"].as_array().unwrap();
    let names = vectors
        .iter()
        .map(|vector| vector["protocol_name"].as_str());
    let expected =
        ["IK", "IKpsk1", "IKpsk2"].map(|name| format!("Noise_{name}_25519_AESGCM_SHA256"));
    assert!(names.eq(expected.iter().map(|name| Some(name.as_str()))));
    vectors.iter().for_each(check_vector);
}

/// RFC 7748, section 6.1.
#[test]
fn two_sides_agree_as_the_standard_says() {
    let mut bob = X25519::default();
    bob.set(&key(
        "5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb",
    ));
    let public = "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f";
    assert_eq!(bob.pubkey(), key(public));
    let alice = "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a";
    let mut shared = [0; 32];
    bob.dh(&key(alice), &mut shared).unwrap();
    let expected = "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742";
    assert_eq!(shared, key(expected));
}

/// The points that make every agreement zero, whatever the secret: with them, two sides that know
/// nothing of each other would agree.
#[test]
fn points_of_low_order_are_refused() {
    let mut own = X25519::default();
    own.set(&[7; 32]);
    let mut out = [0xAA; 32];
    for point in [
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
        "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "0000000000000000000000000000000000000000000000000000000000000080",
        "0100000000000000000000000000000000000000000000000000000000000080",
    ] {
        assert!(own.dh(&key(point), &mut out).is_err(), "{point}");
        assert_eq!(out, [0xAA; 32], "nothing came out for {point}");
    }
    assert!(own.dh(&[9; 31], &mut out).is_err());
    assert!(X25519::default().dh(&[9; 32], &mut out).is_err());
}

#[test]
fn a_cipher_opens_what_it_sealed_and_nothing_else() {
    let mut cipher = AesGcm::default();
    let (mut sealed, mut opened) = ([0; 21], [0; 5]);
    assert!(cipher.decrypt(0, &[], &sealed, &mut opened).is_err());
    cipher.set(&[3; 32]);
    assert_eq!(cipher.encrypt(1, b"ad", b"hello", &mut sealed), 21);
    assert_eq!(cipher.decrypt(1, b"ad", &sealed, &mut opened), Ok(5));
    assert_eq!(&opened, b"hello");
    for (nonce, ad, length) in [
        (2, &b"ad"[..], 21),
        (1, b"da", 21),
        (1, b"ad", 20),
        (1, b"", 15),
    ] {
        let result = cipher.decrypt(nonce, ad, &sealed[..length], &mut opened);
        assert_eq!(result, Err(snow::Error::Decrypt));
        // What failed leaves no text behind.
        assert!(length < 16 || opened[..length - 16].iter().all(|&byte| byte == 0));
    }
    cipher.rekey();
    assert!(cipher.decrypt(1, b"ad", &sealed, &mut opened).is_err());
}

/// Case 1 of RFC 5869 has info and a salt that Noise does not have, so this is its extract step
/// and the first block of an expansion with no info, computed by Python's hmac.
#[test]
fn keys_are_derived_as_the_specification_says() {
    let (mut one, mut two, mut three) = ([0; 32], [0; 32], [0; 32]);
    let salt = unhex("000102030405060708090a0b0c");
    Sha256::default().hkdf(&salt, &[0x0b; 22], 3, &mut one, &mut two, &mut three);
    assert_eq!(
        one,
        key("b2a3d45126d31fb6828ef00d76c6d54e9c2bd4785e49c6ad86e327d89d0de940")
    );
    assert_eq!(
        two,
        key("8eeda1cbef2b03f30e053d5be784c2ab37f5a4de412baa10f01f456e9772aae7")
    );
    assert_eq!(
        three,
        key("5734f7dda6560fdac61bc17a37fe5a0394aa9d554fa28df55a05db4da8f42c08")
    );
}
