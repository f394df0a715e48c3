//! Finds the catalogue's product tokens in a user agent, all in one pass.

use aho_corasick::{AhoCorasick, MatchKind};

use super::agent::{Catalogue, Purpose, bare};

/// An automaton over every token of the catalogue: its cost does not depend on how many there are.
#[derive(Clone, Debug)]
pub(super) struct TokenIndex {
    automaton: AhoCorasick,
    tokens: Vec<Token>,
}

/// One token of one agent.
#[derive(Clone, Debug)]
struct Token {
    /// Index of the agent in the catalogue.
    agent: usize,
    /// As the catalogue writes it.
    written: String,
    /// `^…$`: the token is the whole user agent.
    whole: bool,
    /// `…*`: the word may go on behind it.
    open: bool,
    /// Own entries before built-in ones, other purposes before http-tool.
    rank: (bool, bool),
}

/// What a token is preferred by: its own rank, its length, and whether it is written in the same case.
type Rank = ((bool, bool), usize, bool);

/// After so many tokens that are parts of addresses or other words, a user agent is somebody's attack.
const TRIES_MAX: usize = 64;

/// A token that was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Found<'t> {
    /// Index of the agent in the catalogue.
    pub(super) agent: usize,
    /// The token as the catalogue writes it.
    pub(super) token: &'t str,
    /// Where it stands.
    start: usize,
    end: usize,
}

impl TokenIndex {
    pub(super) fn new(catalogue: &Catalogue) -> TokenIndex {
        let mut tokens: Vec<Token> = Vec::new();
        for (at, agent) in catalogue.agents().iter().enumerate() {
            for written in &agent.entry.tokens {
                tokens.push(Token {
                    agent: at,
                    written: written.clone(),
                    whole: written.starts_with('^') && written.ends_with('$'),
                    open: written.ends_with('*'),
                    rank: (agent.own, agent.entry.purpose != Purpose::HttpTool),
                });
            }
        }
        // Searched in lower case: an automaton that takes both cases is twice as large, and as long to build.
        let automaton = AhoCorasick::builder()
            .match_kind(MatchKind::Standard)
            .prefilter(false)
            .build(tokens.iter().map(|token| token.bare().to_ascii_lowercase()))
            .expect("a catalogue of a few thousand tokens is far below the automaton's limits");
        TokenIndex { automaton, tokens }
    }

    /// The token that names the agent: the highest in rank, then the longest, then the one written in
    /// the same case (Exa's `ExaBot` is not Exalead's `Exabot`), then the first.
    pub(super) fn find(&self, user_agent: &str) -> Option<Found<'_>> {
        let (text, lower) = (user_agent.as_bytes(), user_agent.to_ascii_lowercase());
        let mut best: Option<(Rank, &Token, usize)> = None;
        let mut tries = 0;
        for found in self.automaton.find_overlapping_iter(&lower) {
            let token = &self.tokens[found.pattern().as_usize()];
            let same_case = token.bare().as_bytes() == &text[found.range()];
            let rank = (token.rank, found.len(), same_case);
            if best.is_some_and(|(best, ..)| rank <= best) {
                continue;
            }
            if token.stands_at(text, found.start(), found.end()) {
                best = Some((rank, token, found.start()));
            } else {
                tries += 1;
                if tries == TRIES_MAX {
                    break;
                }
            }
        }
        best.map(|((_, len, _), token, start)| {
            let (agent, written) = (token.agent, &*token.written);
            Found { agent, token: written, start, end: start + len }
        })
    }

    /// The agents of all tokens that stand whole in a user agent, in the order of their ends; but for those
    /// within the one that names it.
    pub(super) fn all(&self, user_agent: &str) -> Vec<usize> {
        let (text, lower) = (user_agent.as_bytes(), user_agent.to_ascii_lowercase());
        let named = self.find(user_agent);
        let is_within = |start: usize, end: usize| {
            named.is_some_and(|named| named.start <= start && end <= named.end)
        };
        let found = self.automaton.find_overlapping_iter(&lower).take(TRIES_MAX);
        let whole = found.filter(|found| {
            let (start, end) = (found.start(), found.end());
            let token = &self.tokens[found.pattern().as_usize()];
            token.stands_at(text, start, end) && !is_within(start, end)
        });
        whole.map(|found| self.tokens[found.pattern().as_usize()].agent).collect()
    }
}

impl Token {
    /// The token without the marks of how it is to stand.
    fn bare(&self) -> &str {
        bare(&self.written)
    }

    /// Whether the match is the whole token, and a product's name at that.
    fn stands_at(&self, text: &[u8], start: usize, end: usize) -> bool {
        if self.whole {
            return start == 0 && end == text.len();
        }
        let starts = start == 0 || !is_word(text[start - 1]) || !is_word(text[start]);
        let ends = self.open || end == text.len() || !is_word(text[end]) || !is_word(text[end - 1]);
        starts && ends && !names_nobody(text, start)
    }
}

/// Letters, digits, `-` and `_`: `Amzn-SearchBot` is not SearchBot, nor `Claude-User` Claude.
pub(super) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_') || byte >= 0x80
}

/// Whether the name that starts here is part of a URL or a mail address, or of a comparison such as
/// `(like TwitterBot)`.
pub(super) fn names_nobody(text: &[u8], start: usize) -> bool {
    let before = &text[..start];
    if before.len() >= 5 && before[before.len() - 5..].eq_ignore_ascii_case(b"like ") {
        return true;
    }
    let is_end = |byte: &u8| matches!(byte, b' ' | b'(' | b')' | b';' | b',' | b'"' | b'[' | b']');
    let word_start = before.iter().rposition(&is_end).map_or(0, |at| at + 1);
    let word_end = text[start..].iter().position(&is_end).map_or(text.len(), |at| start + at);
    let word = &text[word_start..word_end];
    let address = word.contains(&b'@');
    let url_before = memchr::memmem::find(&text[word_start..start], b"://").is_some();
    address || url_before || word[..start - word_start].starts_with(b"www.")
}

#[cfg(test)]
mod tests {
    use super::super::agent::AgentEntry;
    use super::*;

    fn check(user_agent: &str, expected: Option<&str>) {
        let catalogue = Catalogue::with(Vec::new()).unwrap();
        let index = TokenIndex::new(&catalogue);
        let found =
            index.find(user_agent).map(|found| &*catalogue.agents()[found.agent].entry.name);
        assert_eq!(found, expected, "{user_agent}");
    }

    #[test]
    fn whole_tokens_only() {
        check("Mozilla/5.0 (compatible; Claude-User/1.0)", Some("Claude-User"));
        check("Mozilla/5.0 (compatible; Amzn-SearchBot/0.1)", Some("Amzn-SearchBot"));
        check("Mozilla/5.0 (compatible; gptbot/1.2)", Some("GPTBot"));
        check("Mozilla/5.0 (compatible; NotGPTBot/1.2)", None);
        check("Mozilla/5.0 (compatible; GPTBot-Fan/1.2)", None);
        check("GPTBot", Some("GPTBot"));
        check("node", Some("node"));
        check("node thing", None);
        check("JavaScript engine", None);
    }

    #[test]
    fn urls_addresses_and_comparisons_name_nobody() {
        check("Fetcher/1.0 (+https://example.com/Googlebot.html)", None);
        check("Fetcher/1.0 (+http://www.bingbot.example/)", None);
        check("Fetcher/1.0; +claudebot@example.com", None);
        check("Fetcher/1.0 (like Googlebot)", None);
    }

    #[test]
    fn the_most_specific_wins() {
        check(
            "Mozilla/5.0 (X11) HeadlessChrome/131.0 (compatible; ClaudeBot/1.0)",
            Some("ClaudeBot"),
        );
        check("TelegramBot (like TwitterBot)", Some("TelegramBot"));
        check(
            "Mozilla/5.0 (compatible; Exabot/3.0; +http://www.exabot.com/go/robot)",
            Some("Exabot"),
        );
        check("Mozilla/5.0 (compatible; ExaBot/1.0)", Some("ExaBot"));
        let own: AgentEntry = toml::from_str("name = \"Mine\"\ntokens = [\"GPTBot\"]").unwrap();
        let catalogue = Catalogue::with(vec![own]).unwrap();
        assert_eq!(
            TokenIndex::new(&catalogue).find("GPTBot/1.2").map(|found| found.agent),
            Some(0)
        );
    }
}
