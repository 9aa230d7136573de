package asl

import (
	"slices"
	"strings"

	"github.com/acso/disaster-recovery/lab/asl/jsonata"
)

func (p *parser) mapFields(a at, s *state, o *jsonata.Object, own scopeNames) {
	m := &mapping{}
	s.mapping = m
	m.items = p.template(a, o, "Items", "Items", onlyInput)
	if m.items != nil && m.items.expr == "" {
		_, isList := m.items.literal.([]jsonata.Value)
		if !isList {
			p.wrong(a.key("Items"), "must be an array, or an expression between {%% and %%}")
		}
	}
	m.itemSelector = p.template(a, o, "ItemSelector", "ItemSelector", onlyInput)
	m.maxConcurrency = p.scalar(a, o, "MaxConcurrency", "MaxConcurrency", numeric(0, maxSeconds), "a whole number of at least 0")
	m.toleratedCount = p.scalar(a, o, "ToleratedFailureCount", "ToleratedFailureCount", numeric(0, maxSeconds), "a whole number of at least 0")
	m.toleratedPercentage = p.scalar(a, o, "ToleratedFailurePercentage", "ToleratedFailurePercentage", isPercentage, "a number from 0 to 100")
	p.processor(a, s, o, own)
	m.label = p.text(a, o, "Label")
	if len(m.label) > 40 || strings.ContainsAny(m.label, " ?*<>{}[]:;,\\|^~$#%&`\"") {
		p.wrong(a.key("Label"), "has at most 40 characters, none of them a space, a bracket or a special character")
	}
	p.reader(a, m, o)
	p.batcher(a, m, o)
	p.writer(a, m, o)
	if m.distributed {
		return
	}
	for _, key := range []string{"ItemReader", "ItemBatcher", "ResultWriter", "Label"} {
		if _, ok := o.Get(key); ok {
			p.wrong(a.key(key), "belongs to a Map whose ItemProcessor has the mode DISTRIBUTED")
		}
	}
}

func isPercentage(v jsonata.Value) bool {
	n, ok := v.(float64)
	return ok && n >= 0 && n <= 100
}

// processor reads ItemProcessor, or Iterator, its old name.
func (p *parser) processor(a at, s *state, o *jsonata.Object, own scopeNames) {
	key := "ItemProcessor"
	if _, ok := o.Get(key); !ok {
		if _, old := o.Get("Iterator"); old {
			key = "Iterator"
		}
	}
	inner := p.object(a, o, key)
	if inner == nil {
		if !p.has(a.key(key)) {
			p.wrong(a.key(key), "is missing")
		}
		s.mapping.processor = &flow{states: map[string]*state{}}
		return
	}
	place := a.key(key)
	p.fields(place, inner, []string{"Comment", "ProcessorConfig", "StartAt", "States"}, nil)
	if config := p.object(place, inner, "ProcessorConfig"); config != nil {
		where := place.key("ProcessorConfig")
		p.fields(where, config, []string{"Mode", "ExecutionType"}, nil)
		mode, kind := p.text(where, config, "Mode"), p.text(where, config, "ExecutionType")
		switch mode {
		case "", "INLINE":
			if kind != "" {
				p.wrong(where.key("ExecutionType"), "belongs to the mode DISTRIBUTED")
			}
		case "DISTRIBUTED":
			s.mapping.distributed = true
			switch kind {
			case "STANDARD":
			case "EXPRESS":
				p.wrong(where.key("ExecutionType"), "Express workflows are not implemented; use STANDARD")
			default:
				p.wrong(where.key("ExecutionType"), "must be STANDARD")
			}
		default:
			p.wrong(where.key("Mode"), "must be INLINE or DISTRIBUTED")
		}
	}
	s.mapping.processor = p.flow(at{path: place.path, state: s.name, field: place.field}, inner, own)
}

func (p *parser) reader(a at, m *mapping, o *jsonata.Object) {
	inner := p.object(a, o, "ItemReader")
	if inner == nil {
		return
	}
	place := a.key("ItemReader")
	if m.items != nil {
		p.wrong(place, "cannot stand beside Items")
	}
	p.fields(place, inner, []string{"Resource", "Arguments", "ReaderConfig"}, nil)
	m.reader = &reader{
		resource:  p.required(place, inner, "Resource"),
		arguments: p.template(place, inner, "Arguments", "ItemReader/Arguments", onlyInput),
	}
	switch {
	case strings.HasSuffix(m.reader.resource, ":::s3:listObjectsV2"):
	case strings.HasSuffix(m.reader.resource, ":::s3:getObject"):
	case m.reader.resource != "":
		p.wrong(place.key("Resource"), "must be arn:aws:states:::s3:getObject or arn:aws:states:::s3:listObjectsV2")
	}
	config := p.object(place, inner, "ReaderConfig")
	if config == nil {
		return
	}
	where := place.key("ReaderConfig")
	p.fields(where, config, []string{"InputType", "CSVHeaderLocation", "CSVHeaders", "CSVDelimiter", "MaxItems", "ManifestType", "Transformation", "ItemsPointer"}, nil)
	p.oneOf(where, config, "InputType", "CSV", "JSON", "JSONL", "PARQUET", "MANIFEST")
	p.oneOf(where, config, "CSVHeaderLocation", "FIRST_ROW", "GIVEN")
	p.oneOf(where, config, "CSVDelimiter", "COMMA", "PIPE", "SEMICOLON", "SPACE", "TAB")
	p.oneOf(where, config, "Transformation", "NONE", "LOAD_AND_FLATTEN")
	p.oneOf(where, config, "ManifestType", "ATHENA_DATA", "S3_INVENTORY")
	p.scalar(where, config, "MaxItems", "ItemReader/ReaderConfig/MaxItems", numeric(1, maxSeconds), "a whole number of at least 1")
	m.reader.config = p.compile(where, config, "ItemReader/ReaderConfig", onlyInput)
}

func (p *parser) oneOf(a at, o *jsonata.Object, key string, allowed ...string) {
	if s := p.text(a, o, key); s != "" && !slices.Contains(allowed, s) {
		p.wrong(a.key(key), "must be one of %s", strings.Join(allowed, ", "))
	}
}

func (p *parser) batcher(a at, m *mapping, o *jsonata.Object) {
	inner := p.object(a, o, "ItemBatcher")
	if inner == nil {
		return
	}
	place := a.key("ItemBatcher")
	p.fields(place, inner, []string{"BatchInput", "MaxItemsPerBatch", "MaxInputBytesPerBatch"}, nil)
	m.batcher = &batcher{
		input:    p.template(place, inner, "BatchInput", "ItemBatcher/BatchInput", onlyInput),
		maxItems: p.scalar(place, inner, "MaxItemsPerBatch", "ItemBatcher/MaxItemsPerBatch", numeric(1, maxSeconds), "a whole number of at least 1"),
		maxBytes: p.scalar(place, inner, "MaxInputBytesPerBatch", "ItemBatcher/MaxInputBytesPerBatch", numeric(1, maxPayload), "a whole number from 1 to 262144"),
	}
	if m.batcher.maxItems == nil && m.batcher.maxBytes == nil {
		p.wrong(place, "needs MaxItemsPerBatch or MaxInputBytesPerBatch")
	}
}

func (p *parser) writer(a at, m *mapping, o *jsonata.Object) {
	inner := p.object(a, o, "ResultWriter")
	if inner == nil {
		return
	}
	place := a.key("ResultWriter")
	p.fields(place, inner, []string{"Resource", "Arguments", "WriterConfig"}, nil)
	m.writer = &writer{
		resource:  p.text(place, inner, "Resource"),
		arguments: p.template(place, inner, "Arguments", "ResultWriter/Arguments", onlyInput),
	}
	if !strings.HasSuffix(m.writer.resource, ":::s3:putObject") {
		p.wrong(place.key("Resource"), "must be arn:aws:states:::s3:putObject")
	}
	if config := p.object(place, inner, "WriterConfig"); config != nil {
		where := place.key("WriterConfig")
		p.fields(where, config, []string{"Transformation", "OutputType"}, nil)
		p.oneOf(where, config, "Transformation", "NONE", "COMPACT", "FLATTEN")
		p.oneOf(where, config, "OutputType", "JSON", "JSONL")
		m.writer.config = config
	}
}
