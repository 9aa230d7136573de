package s3

// Deliver stores an object in the name of another AWS service, whose right comes from the bucket's policy and which writes
// within its own region only. It is false when there is no such bucket in the region, or the bucket takes nothing.
func (s *Service) Deliver(region, bucket, key string, body []byte) bool {
	b := s.buckets[bucket]
	if b == nil || b.Region != region || b.refuses {
		return false
	}
	s.Put(bucket, key, body)
	return true
}

// Refuse makes a bucket's policy deny every write, or take that back.
func (s *Service) Refuse(bucket string, refuses bool) { s.must(bucket).refuses = refuses }
