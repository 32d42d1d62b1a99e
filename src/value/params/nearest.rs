//! The known word that somebody who wrote another one probably meant.

/// The nearest of `known`, when it is near enough to be meant; hyphens, underscores and case make no difference.
pub(super) fn nearest<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let word = plain(word);
    // Two letters that changed places count as two.
    let farthest = ((word.len() + 1) / 3).max(1);
    let distances = known.into_iter().map(|known| (distance(&word, &plain(known)), known));
    distances.filter(|(distance, _)| *distance <= farthest).min().map(|(_, known)| known)
}

fn plain(word: &str) -> Vec<char> {
    word.chars().filter(|letter| !matches!(letter, '-' | '_')).flat_map(char::to_lowercase).collect()
}

/// Letters to be put in, left out or replaced (Levenshtein's distance, one row at a time).
fn distance(one: &[char], other: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (n, letter) in one.iter().enumerate() {
        let mut before = n;
        let mut left = n + 1;
        for (cell, candidate) in row.iter_mut().skip(1).zip(other) {
            let replaced = before + usize::from(letter != candidate);
            before = *cell;
            left = replaced.min(before + 1).min(left + 1);
            *cell = left;
        }
        if let Some(first) = row.first_mut() {
            *first = n + 1;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_near_when_a_third_of_it_is_wrong_at_most() {
        let known = ["eval", "max_delay", "model", "n"];
        let near = ["evel", "max-delay", "maxDelay", "modle", "moddel", "m", "evaluation", "zzzz"];
        let found = near.map(|word| nearest(word, known).unwrap_or("-"));
        assert_eq!(found, ["eval", "max_delay", "max_delay", "model", "model", "n", "-", "-"]);
    }

    #[test]
    fn distances_count_letters() {
        let letters = |word: &str| word.chars().collect::<Vec<_>>();
        for (one, other, expected) in [("", "", 0), ("", "ab", 2), ("kitten", "sitting", 3), ("abc", "abc", 0)] {
            assert_eq!(distance(&letters(one), &letters(other)), expected);
            assert_eq!(distance(&letters(other), &letters(one)), expected);
        }
    }
}
