//! What the ingress's log says of a canary: lines in, a verdict out.
//!
//! Pure. Owns the log format of a trial. Refuses to decide on less than a minimum of requests: a canary that nobody asked
//! anything has not failed.

use std::fmt;

use crate::model::Thresholds;

/// Marks the lines of a trial among the ingress's other lines.
const MARK: &str = "medianestctl-trial";

/// What nginx has to log while a canary is tried, for the `http` context; a request that nginx tried at several replicas
/// names them all, separated by commas.
pub fn directives() -> String {
    format!(
        "log_format medianestctl_trial '{MARK}|$upstream_addr|$upstream_status|$upstream_response_time';\n\
         access_log /dev/stdout medianestctl_trial;\n"
    )
}

/// Requests that one side has answered.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Answers {
    /// Status 500 and above, or no answer at all.
    failed: usize,
    /// Times to answer, in milliseconds.
    times: Vec<u64>,
}

impl Answers {
    fn count(&self) -> usize {
        self.times.len()
    }

    /// Failures in thousandths of all answers.
    fn permille(&self) -> usize {
        self.failed * 1000 / self.count().max(1)
    }

    /// The time within which 95 of 100 answers came, in milliseconds; 0 when there are none.
    fn p95(&self) -> u64 {
        let mut times = self.times.clone();
        times.sort_unstable();
        let at = (times.len() * 95).div_ceil(100).saturating_sub(1);
        times.get(at).copied().unwrap_or_default()
    }
}

impl fmt::Display for Answers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.count() == 0 {
            return f.write_str("no requests");
        }
        let (count, permille) = (self.count(), self.permille());
        let requests = if count == 1 { "request" } else { "requests" };
        write!(f, "{}.{} % of {count} {requests} failed, 95 % took {} ms at most", permille / 10, permille % 10, self.p95())
    }
}

/// What is known of a trial so far.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Tally {
    candidate: Answers,
    stable: Answers,
}

/// What both sides have done, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figures {
    /// The canary.
    pub canary: String,
    /// The others.
    pub others: String,
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the canary: {}; the others: {}", self.canary, self.others)
    }
}

/// What a trial has shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Too few requests to say anything.
    Open,
    /// As good as the others.
    Good,
    /// Worse; in which way, in words that follow its name.
    Bad(&'static str),
}

impl Tally {
    /// Takes a line of the log in; lines of other kinds change nothing.
    pub fn line(&mut self, line: &str, candidate: &str, stable: &[String]) {
        let Some((_, fields)) = line.split_once(MARK) else { return };
        let mut fields = fields.trim_start_matches('|').split('|').map(|f| f.split(", ").map(str::trim));
        let (Some(addresses), Some(states), Some(times)) = (fields.next(), fields.next(), fields.next()) else { return };
        for ((address, status), time) in addresses.zip(states).zip(times) {
            let side = if address == candidate {
                &mut self.candidate
            } else if stable.iter().any(|s| s == address) {
                &mut self.stable
            } else {
                continue;
            };
            let answered: Option<u16> = status.parse().ok();
            side.failed += usize::from(answered.is_none_or(|status| status >= 500));
            // Seconds with three decimals; `-` where the replica could not be reached.
            let time = time.replace('.', "").parse().unwrap_or_default();
            side.times.push(time);
        }
    }

    /// Answers of the canary so far.
    pub fn requests(&self) -> usize {
        self.candidate.count()
    }

    /// The figures of both sides.
    pub fn figures(&self) -> Figures {
        Figures { canary: self.candidate.to_string(), others: self.stable.to_string() }
    }

    /// Whether anything was logged of the canary or of the others.
    pub fn has_lines(&self) -> bool {
        self.candidate.count() + self.stable.count() > 0
    }

    /// What the answers so far say.
    pub fn verdict(&self, thresholds: &Thresholds) -> Verdict {
        let (candidate, stable) = (&self.candidate, &self.stable);
        let fewer = |than: u32| candidate.count() < usize::try_from(than).unwrap_or(usize::MAX);
        if fewer(thresholds.requests) {
            return Verdict::Open;
        }
        if candidate.permille() > stable.permille() + usize::from(thresholds.errors_permille) {
            return Verdict::Bad("fails more often than the others");
        }
        let (p95, other) = (candidate.p95(), stable.p95());
        // Below a hundredth of a second differences are noise.
        if !fewer(thresholds.requests_for_p95)
            && stable.count() > 0
            && p95 > 10
            && p95 * 100 > other.max(1) * u64::from(thresholds.p95_percent)
        {
            return Verdict::Bad("is slower than the others");
        }
        Verdict::Good
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEW: &str = "10.0.0.9:80";
    const RULES: Thresholds = Thresholds { errors_permille: 10, p95_percent: 200, requests: 20, requests_for_p95: 100 };

    fn tally(lines: &[(&str, usize)]) -> Tally {
        let mut tally = Tally::default();
        for (line, count) in lines {
            for _ in 0..*count {
                tally.line(line, NEW, &["10.0.0.2:80".into(), "10.0.0.3:80".into()]);
            }
        }
        tally
    }

    fn verdict(lines: &[(&str, usize)]) -> Verdict {
        tally(lines).verdict(&RULES)
    }

    #[test]
    fn a_canary_is_compared_with_the_others() {
        let good = ("medianestctl-trial|10.0.0.2:80|200|0.020", 100);
        assert_eq!(verdict(&[good, ("medianestctl-trial|10.0.0.9:80|200|0.030", 30)]), Verdict::Good);
        assert_eq!(verdict(&[good, ("medianestctl-trial|10.0.0.9:80|200|0.030", 19)]), Verdict::Open);
        assert_eq!(
            verdict(&[good, ("medianestctl-trial|10.0.0.9:80|502|0.001", 1), ("medianestctl-trial|10.0.0.9:80|200|0.001", 19)]),
            Verdict::Bad("fails more often than the others")
        );
        assert_eq!(
            verdict(&[good, ("medianestctl-trial|10.0.0.9:80|200|0.100", 100)]),
            Verdict::Bad("is slower than the others")
        );
    }

    #[test]
    fn both_figures_of_both_sides_are_told() {
        let seen = tally(&[
            ("medianestctl-trial|10.0.0.2:80|200|0.020", 100),
            ("medianestctl-trial|10.0.0.9:80|502|0.001", 1),
            ("medianestctl-trial|10.0.0.9:80|200|0.100", 19),
        ]);
        assert_eq!(
            seen.figures().to_string(),
            "the canary: 5.0 % of 20 requests failed, 95 % took 100 ms at most; \
             the others: 0.0 % of 100 requests failed, 95 % took 20 ms at most"
        );
        let seen = tally(&[("medianestctl-trial|10.0.0.9:80|200|0.100", 1)]);
        assert_eq!(
            seen.figures().to_string(),
            "the canary: 0.0 % of 1 request failed, 95 % took 100 ms at most; the others: no requests"
        );
    }

    #[test]
    fn a_few_slow_answers_of_few_say_nothing() {
        let good = ("medianestctl-trial|10.0.0.2:80|200|0.020", 100);
        let seen = [good, ("medianestctl-trial|10.0.0.9:80|200|0.020", 18), ("medianestctl-trial|10.0.0.9:80|200|5.000", 2)];
        assert_eq!(verdict(&seen), Verdict::Good);
    }

    #[test]
    fn what_is_slow_everywhere_is_not_the_canarys_fault() {
        let slow = [("medianestctl-trial|10.0.0.3:80|500|5.000", 50), ("medianestctl-trial|10.0.0.9:80|500|5.000", 20)];
        assert_eq!(verdict(&slow), Verdict::Good);
    }

    #[test]
    fn a_request_that_was_tried_twice_counts_for_both() {
        let seen = tally(&[("x medianestctl-trial|10.0.0.9:80, 10.0.0.2:80|502, 200|-, 0.010", 1), ("something else", 3)]);
        assert_eq!((seen.candidate.failed, seen.candidate.count(), seen.stable.failed, seen.stable.count()), (1, 1, 0, 1));
    }
}
