package environment

// Role is a contact by its name in the environment file.
type Role struct {
	Name    string
	Contact Contact
}

// Roles are the contacts that there are, in the order of the communication plan.
func (c Contacts) Roles() []Role {
	all := append(c.Team(), Role{"management", c.Management}, Role{"customer-success", c.CustomerSuccess})
	if c.KeyCustomers != (Contact{}) {
		all = append(all, Role{"key-customers", c.KeyCustomers})
	}
	return append(all, Role{"status-page", c.StatusPage}, Role{"customers", c.Customers}, Role{"stakeholders", c.Stakeholders})
}

// Team is the emergency response team.
func (c Contacts) Team() []Role {
	return []Role{
		{"on-call", c.OnCall}, {"incident-commander", c.IncidentCommander}, {"technical-lead", c.TechnicalLead},
		{"communications-lead", c.CommunicationsLead}, {"business-continuity-manager", c.BusinessContinuityManager},
	}
}

// Endpoints are all endpoints that messages are posted to.
func (e *Environment) Endpoints() []Endpoint {
	var all []Endpoint
	for _, role := range e.Contacts.Roles() {
		for _, endpoint := range []Endpoint{role.Contact.StatusPage, role.Contact.Webhook} {
			if endpoint.URL != "" {
				all = append(all, endpoint)
			}
		}
	}
	return all
}

func (r *rules) contacts(e *Environment) {
	roles := e.Contacts.Roles()
	owner := map[string]string{}
	for _, role := range roles {
		field, c := "contacts."+role.Name, role.Contact
		r.shape(field+".topic", c.Topic, topicShape)
		if c.Email != "" {
			r.shape(field+".email", c.Email, emailShape)
		}
		r.endpoint(field+".statusPage", c.StatusPage)
		r.endpoint(field+".webhook", c.Webhook)
		if other, taken := owner[c.Topic]; taken && topicShape.Fits(c.Topic) {
			r.refuse(false, field+".topic", "is the topic of "+other+" too, so whoever is told later would be told at once", "give each role a topic of its own", "contacts."+other+".topic")
		}
		owner[c.Topic] = role.Name
	}
}

func (r *rules) endpoint(field string, e Endpoint) {
	if e != (Endpoint{}) {
		r.shape(field+".url", e.URL, endpointShape)
		r.shape(field+".secret", e.Secret, regionalShape)
	}
}
