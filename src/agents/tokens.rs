//! Finds the catalogue's product tokens in a user agent.

use super::catalogue::{Catalogue, bare};
use super::prefixes::Prefixes;
use super::purpose::Purpose;

/// Every token of the catalogue.
#[derive(Clone, Debug)]
pub(super) struct TokenIndex {
    /// The tokens in lower case.
    tree: Prefixes,
    /// Tokens, by their indexes in the tree.
    tokens: Vec<Token>,
}

/// One token of one agent.
#[derive(Clone, Debug)]
struct Token {
    /// Index of the agent in the catalogue.
    agent: usize,
    /// The token as the catalogue writes it.
    written: String,
    /// `^…$`: the token is the whole user agent.
    is_whole: bool,
    /// `…*`: the token is a prefix of a word.
    is_prefix: bool,
    /// Entries of the config come before others, other purposes before http-tool.
    rank: (bool, bool),
}

/// The precedence of a match: the token's rank, its length, and whether it is written in the same case.
type Rank = ((bool, bool), usize, bool);

/// The most tokens of a user agent that are tried. A user agent with more of them, in addresses or in other words, is
/// an attack.
pub(super) const CANDIDATES_MAX: usize = 64;

/// A token that was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TokenMatch<'t> {
    /// Index of the agent in the catalogue.
    pub(super) agent: usize,
    /// The token as the catalogue writes it.
    pub(super) token: &'t str,
    /// The range in the user agent.
    start: usize,
    end: usize,
}

impl TokenIndex {
    pub(super) fn new(catalogue: &Catalogue) -> TokenIndex {
        let mut entries: Vec<(String, Token)> = Vec::new();
        for (at, agent) in catalogue.agents().iter().enumerate() {
            for written in &agent.entry.tokens {
                let token = Token {
                    agent: at,
                    written: written.clone(),
                    is_whole: written.starts_with('^') && written.ends_with('$'),
                    is_prefix: written.ends_with('*'),
                    rank: (agent.own, agent.entry.purpose != Purpose::HttpTool),
                };
                entries.push((token.bare().to_ascii_lowercase(), token));
            }
        }
        entries.sort_by(|(one, _), (other, _)| one.cmp(other));
        let (texts, tokens): (Vec<String>, Vec<Token>) = entries.into_iter().unzip();
        TokenIndex { tree: Prefixes::new(&texts), tokens }
    }

    /// Calls `visit` with the start and end of every token that begins at a word's start, in the order of the starts.
    #[inline]
    fn for_each_candidate<'i>(
        &'i self,
        text: &[u8],
        mut visit: impl FnMut(&'i Token, usize, usize),
    ) {
        let text = text.to_ascii_lowercase();
        let mut was_word = false;
        for (start, byte) in text.iter().enumerate() {
            let is_within = was_word && IS_WORD_BYTE[usize::from(*byte)];
            was_word = IS_WORD_BYTE[usize::from(*byte)];
            if is_within || !self.tree.may_begin_with(*byte) {
                continue;
            }
            self.tree.for_each_prefix(&text[start..], |index, len| {
                visit(&self.tokens[index], start, start + len);
            });
        }
    }

    /// Returns the token that names the agent: the highest in rank, then the longest, then the one written in the same
    /// case (Exa's `ExaBot` is not Exalead's `Exabot`), then the first.
    pub(super) fn find(&self, user_agent: &str) -> Option<TokenMatch<'_>> {
        let text = user_agent.as_bytes();
        let mut best: Option<(Rank, TokenMatch<'_>)> = None;
        let mut rejected = 0;
        self.for_each_candidate(text, |token, start, end| {
            let same_case = token.bare().as_bytes() == &text[start..end];
            let rank = (token.rank, end - start, same_case);
            if rejected == CANDIDATES_MAX || best.is_some_and(|(best, _)| rank <= best) {
                return;
            }
            if token.matches_at(text, start, end) {
                let (agent, written) = (token.agent, &*token.written);
                best = Some((rank, TokenMatch { agent, token: written, start, end }));
            } else {
                rejected += 1;
            }
        });
        best.map(|(_, found)| found)
    }

    /// Returns the agents of all tokens in a user agent, in the order of their starts, except for tokens within the one
    /// that names it.
    pub(super) fn all(&self, user_agent: &str) -> Vec<usize> {
        let (text, mut all, mut tried) = (user_agent.as_bytes(), Vec::new(), 0);
        let Some(named) = self.find(user_agent) else { return all };
        self.for_each_candidate(text, |token, start, end| {
            tried += 1;
            let is_within = named.start <= start && end <= named.end;
            if tried <= CANDIDATES_MAX && !is_within && token.matches_at(text, start, end) {
                all.push(token.agent);
            }
        });
        all
    }
}

impl Token {
    /// Returns the token without its anchors and its wildcard.
    fn bare(&self) -> &str {
        bare(&self.written)
    }

    /// Returns whether a candidate, which starts at a word's start, also ends where it may, and is a product's name.
    fn matches_at(&self, text: &[u8], start: usize, end: usize) -> bool {
        if self.is_whole {
            return start == 0 && end == text.len();
        }
        let is_at_end = self.is_prefix
            || end == text.len()
            || !is_word_byte(text[end])
            || !is_word_byte(text[end - 1]);
        is_at_end && !is_in_url_or_comparison(text, start)
    }
}

/// Returns whether a byte is part of a word: a letter, a digit, `-`, `_`, or not ASCII. So `Amzn-SearchBot` is not
/// SearchBot, nor `Claude-User` Claude.
pub(super) fn is_word_byte(byte: u8) -> bool {
    IS_WORD_BYTE[usize::from(byte)]
}

/// A table that says for each byte if it is part of a word.
const IS_WORD_BYTE: [bool; 256] = {
    let (mut word, mut byte) = ([false; 256], 0);
    while byte < word.len() {
        let is_hyphen = matches!(byte as u8, b'-' | b'_');
        word[byte] = (byte as u8).is_ascii_alphanumeric() || is_hyphen || byte >= 0x80;
        byte += 1;
    }
    word
};

/// Returns whether the name at `start` is part of a URL or a mail address, or of a comparison such as
/// `(like TwitterBot)`.
pub(super) fn is_in_url_or_comparison(text: &[u8], start: usize) -> bool {
    let before = &text[..start];
    // `(not GPTBot)`, `via PerplexityBot`, `(name: claude-code)` name another program than the sender.
    let is_before = |word: &&str| {
        let at = before.len().checked_sub(word.len());
        at.is_some_and(|at| {
            let starts_word = at == 0 || !before[at - 1].is_ascii_alphanumeric();
            starts_word && before[at..].eq_ignore_ascii_case(word.as_bytes())
        })
    };
    if ["like ", "not ", "via ", "name: ", "name:"].iter().any(is_before) {
        return true;
    }
    let is_end = |byte: &u8| matches!(byte, b' ' | b'(' | b')' | b';' | b',' | b'"' | b'[' | b']');
    let word_start = before.iter().rposition(&is_end).map_or(0, |at| at + 1);
    let word_end = text[start..].iter().position(&is_end).map_or(text.len(), |at| start + at);
    let word = &text[word_start..word_end];
    let is_mail = word.contains(&b'@');
    let is_in_url = memchr::memmem::find(&text[word_start..start], b"://").is_some();
    is_mail || is_in_url || word[..start - word_start].starts_with(b"www.")
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::super::catalogue::AgentEntry;
    use super::*;

    fn check(user_agent: &str, expected: Option<&str>) {
        let catalogue = Catalogue::with(Vec::new()).unwrap();
        let index = TokenIndex::new(&catalogue);
        let found =
            index.find(user_agent).map(|found| &*catalogue.agents()[found.agent].entry.name);
        assert_eq!(found, expected, "{user_agent}");
    }

    #[test]
    fn only_whole_tokens_match() {
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
    fn tokens_in_urls_addresses_and_comparisons_are_ignored() {
        check("Fetcher/1.0 (+https://example.com/Googlebot.html)", None);
        check("Fetcher/1.0 (+http://www.bingbot.example/)", None);
        check("Fetcher/1.0; +claudebot@example.com", None);
        check("Fetcher/1.0 (like Googlebot)", None);
    }

    #[test]
    fn the_most_specific_token_wins() {
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

    proptest! {
        #[test]
        fn the_most_specific_of_all_matching_tokens_is_found(words in vec(prop_oneof![
            Just("ant"), Just("AntBot"), Just("antbot"), Just("-"), Just(" "), Just("/1"), Just("é"), Just("!ant"),
            Just("ant bot"), Just("like "), Just("http://"), Just("@"),
        ], 0..9)) {
            let text = words.concat();
            let tokens = ["ant", "AntBot", "antbot", "ant bot", "ant/*", "!ant", "ant*", "^antbot$", "bot"];
            let entries = tokens.map(|token| format!("name = {token:?}\ntokens = [{token:?}]"));
            let entries = entries.map(|entry| toml::from_str::<AgentEntry>(&entry).unwrap());
            let index = TokenIndex::new(&Catalogue::with(entries.to_vec()).unwrap());
            let mut best: Option<(Rank, &Token)> = None;
            for token in &index.tokens {
                let len = token.bare().len();
                for start in 0..=text.len().saturating_sub(len) {
                    let Some(there) = text.as_bytes().get(start..start + len) else { continue };
                    let rank = (token.rank, len, there == token.bare().as_bytes());
                    if there.eq_ignore_ascii_case(token.bare().as_bytes())
                        && (start == 0 || text.as_bytes()[start - 1..=start].iter().any(|byte| !is_word_byte(*byte)))
                        && token.matches_at(text.as_bytes(), start, start + len)
                        && best.is_none_or(|(best, _)| rank > best)
                    {
                        best = Some((rank, token));
                    }
                }
            }
            let found = index.find(&text).map(|found| (found.end - found.start, found.token));
            // Of two that match equally, either may come first.
            prop_assert_eq!(found.map(|found| found.0), best.map(|(rank, _)| rank.1), "{}", text);
        }
    }
}
