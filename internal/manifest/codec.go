package manifest

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// A point of a million objects is a million lines, read and written every 15 minutes; reflection took most of that time.
// What is here writes what encoding/json writes, and reads only lines that have nothing special about them: every other
// line goes to encoding/json. A test holds both to it.

// AppendString appends a text as a JSON string.
func AppendString(to []byte, text string) []byte {
	if !plain(text) {
		quoted, err := json.Marshal(text)
		if err != nil { // it takes every string
			return to
		}
		return append(to, quoted...)
	}
	to = append(to, '"')
	to = append(to, text...)
	return append(to, '"')
}

// plain tells whether encoding/json writes a text as it is.
func plain[T string | []byte](text T) bool {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c >= utf8.RuneSelf || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			return false
		}
	}
	return true
}

// appendObject appends an object as encoding/json does.
func appendObject(to []byte, o Object) []byte {
	to = AppendString(append(to, `{"key":`...), o.Key)
	to = AppendString(append(to, `,"versionId":`...), o.VersionID)
	to = strconv.AppendInt(append(to, `,"size":`...), o.Size, 10)
	to = append(append(append(to, `,"sha256":"`...), o.SHA256...), `","md5":"`...)
	to = append(append(to, o.MD5...), `","modified":`...)
	to = appendTime(to, o.Modified)
	if o.Mode != "" {
		to = append(append(append(to, `,"mode":"`...), o.Mode...), '"')
	}
	if o.Link != "" {
		to = AppendString(append(to, `,"link":`...), o.Link)
	}
	if o.PartSize != 0 {
		to = strconv.AppendInt(append(to, `,"partSize":`...), o.PartSize, 10)
	}
	if len(o.Parts) > 0 {
		to = append(to, `,"parts":["`...)
		to = append(append(to, strings.Join(o.Parts, `","`)...), `"]`...)
	}
	if !o.Stored.IsZero() {
		to = appendTime(append(to, `,"stored":`...), o.Stored)
	}
	if o.Changed {
		to = append(to, `,"changed":true`...)
	}
	return append(to, '}')
}

func appendTime(to []byte, t time.Time) []byte {
	return append(t.AppendFormat(append(to, '"'), time.RFC3339Nano), '"')
}

// scan reads the line of an object as appendObject writes it; ok is false for a line that encoding/json has to read.
func scan(line []byte) (o Object, ok bool) {
	s := scanner{line, true}
	o.Key, o.VersionID = s.text(`{"key":"`), s.text(`,"versionId":"`)
	o.Size = s.number(`,"size":`)
	o.SHA256, o.MD5 = s.text(`,"sha256":"`), s.text(`,"md5":"`)
	o.Modified = s.time(`,"modified":"`)
	if s.has(`,"mode":"`) {
		o.Mode = s.text(`,"mode":"`)
	}
	if s.has(`,"stored":"`) {
		o.Stored = s.time(`,"stored":"`)
	}
	return o, s.ok && string(s.left) == "}\n"
}

type scanner struct {
	left []byte
	ok   bool
}

func (s *scanner) has(name string) bool {
	return len(s.left) > len(name) && string(s.left[:len(name)]) == name
}

// until gives what stands between a name and an end.
func (s *scanner) until(name string, end byte) []byte {
	if !s.ok || !s.has(name) {
		s.ok = false
		return nil
	}
	rest := s.left[len(name):]
	at := bytes.IndexByte(rest, end)
	if at < 0 {
		s.ok = false
		return nil
	}
	s.left = rest[at:]
	return rest[:at]
}

func (s *scanner) quoted(name string) []byte {
	text := s.until(name, '"')
	if !s.ok || !plain(text) {
		s.ok = false
		return nil
	}
	s.left = s.left[1:]
	return text
}

func (s *scanner) text(name string) string { return string(s.quoted(name)) }

func (s *scanner) number(name string) int64 {
	text := s.until(name, ',')
	const digits = 18 // that certainly fit
	if !s.ok || len(text) == 0 || len(text) > digits || text[0] == '0' && len(text) > 1 {
		s.ok = false
		return 0
	}
	var n int64
	for _, c := range text {
		if c < '0' || c > '9' {
			s.ok = false
			return 0
		}
		n = n*10 + int64(c-'0')
	}
	return n
}

func (s *scanner) time(name string) (t time.Time) {
	if text := s.quoted(name); s.ok && t.UnmarshalText(text) != nil {
		s.ok = false
	}
	return t
}
