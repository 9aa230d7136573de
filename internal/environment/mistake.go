package environment

import "strings"

// Mistake is one thing that is wrong with an environment, in words for the person who wrote it.
type Mistake struct {
	Field   string // where: services[1].tier; "" is the whole file
	Problem string // what is wrong and what it would do
	Fix     string // what to write instead

	// involves lists the other fields that the rule looked at: when one of those is itself wrong, this
	// mistake would be a guess and is not reported.
	involves []string
}

// String is the mistake in one line: domain.ttl: 90s is over 60 s: write 60s or less.
func (m Mistake) String() string {
	text := m.Problem
	if m.Field != "" {
		text = m.Field + ": " + text
	}
	if m.Fix != "" {
		text += ": " + m.Fix
	}
	return text
}

// Mistakes is everything that is wrong with an environment.
type Mistakes []Mistake //nolint:errname // it is the list first

// Error is one line for each mistake.
func (m Mistakes) Error() string {
	lines := make([]string, len(m))
	for i, mistake := range m {
		lines[i] = mistake.String()
	}
	return strings.Join(lines, "\n")
}

// Check finds every rule that the environment breaks. Fields listed in wrong are known to be wrong already (they
// could not be read): no rule that looks at one of them reports anything.
func (e *Environment) Check(wrong ...string) Mistakes {
	var alone, between Mistakes
	for _, mistake := range e.broken() {
		if touches(mistake, wrong) {
			continue
		}
		if len(mistake.involves) == 0 {
			alone = append(alone, mistake)
			wrong = append(wrong, mistake.Field)
		} else {
			between = append(between, mistake)
		}
	}
	for _, mistake := range between {
		if !touches(mistake, wrong) {
			alone = append(alone, mistake)
		}
	}
	return alone
}

func touches(m Mistake, wrong []string) bool {
	for _, field := range append([]string{m.Field}, m.involves...) {
		for _, bad := range wrong {
			if field == bad || within(field, bad) || within(bad, field) {
				return true
			}
		}
	}
	return false
}

// within tells whether a field lies below another: services[1].tier below services.
func within(field, above string) bool {
	rest, below := strings.CutPrefix(field, above)
	return below && rest != "" && (above == "" || rest[0] == '.' || rest[0] == '[')
}
