package incident

import "time"

// FenceState is how far the old primary is kept from taking writes.
type FenceState string

// The states of the fence. Owed means that it is not proven, for whatever reason: nothing may route to the old region.
const (
	FenceNone   FenceState = "none"
	FenceOwed   FenceState = "owed"
	FenceProven FenceState = "proven"
)

// Fence is what is known about it, and what closing it changed.
type Fence struct {
	State      FenceState `json:"state"`
	Region     string     `json:"region,omitempty"` // the old primary
	Evidence   []Check    `json:"evidence,omitempty"`
	ProvenAt   time.Time  `json:"provenAt,omitzero"`
	PooledAt   time.Time  `json:"pooledAt,omitzero"`   // a write on a connection from before the closing was seen to fail
	RebootedAt time.Time  `json:"rebootedAt,omitzero"` // the old database was rebooted after the closing, so no such connection is left
	Attested   string     `json:"attested,omitempty"`  // who said that they fenced it by hand
	AttestedAt time.Time  `json:"attestedAt,omitzero"`
	Before     *Workload  `json:"before,omitempty"`    // the old primary as it was before the closing
	GivenBack  *Workload  `json:"givenBack,omitempty"` // what it was given back as, until it was seen to be so
}

// Check is one piece of evidence. A check that could not be made is unknown, never a pass.
type Check struct {
	Check  string `json:"check"`
	Result string `json:"result"`
	Detail string `json:"detail"`
}

// The results of a check.
const (
	Pass    = "pass"
	Fail    = "fail"
	Unknown = "unknown"
)

// Workload is the size of a region's services.
type Workload struct {
	Services []Size `json:"services"`
}

// Size is the size of one service. Scaled tells whether application auto scaling manages it between Min and Max.
type Size struct {
	Service string `json:"service"` // ECS service name
	Desired int32  `json:"desired"`
	Scaled  bool   `json:"scaled,omitempty"`
	Min     int32  `json:"min,omitempty"`
	Max     int32  `json:"max,omitempty"`
}
