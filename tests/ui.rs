//! What users of `#[node]` see: programs that compile, and what the compiler says of those that do not.
//!
//! `TRYBUILD=overwrite cargo test --test ui` writes the messages anew; look at each: does it say what to do, and does
//! the caret stand on the user's code?

#[test]
fn node() {
    let cases = trybuild::TestCases::new();
    cases.pass("tests/ui/pass/*.rs");
    cases.compile_fail("tests/ui/fail/*.rs");
}
