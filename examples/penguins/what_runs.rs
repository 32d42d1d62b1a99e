//! What runs: at first, never again, and after edits.
