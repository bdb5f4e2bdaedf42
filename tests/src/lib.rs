//! What the tests across processes share: a home of their own, a terminal they hold in their
//! hands, an independent emulator that says what a person would see, and a recorder.

