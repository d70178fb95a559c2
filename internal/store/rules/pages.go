package rules

// PageRows is how many rows of a snapshot are in memory at once.
const PageRows = 200

// InPages hands over every item of a statement that takes the last one of the page
// before, nil at first, and gives [PageRows] at most, so that no answer is open while
// the caller asks for something else.
func InPages[T any](page func(last *T) ([]T, error), each func(T) error) error {
	var last *T
	for {
		items, err := page(last)
		if err != nil {
			return err
		}
		for _, item := range items {
			if err := each(item); err != nil {
				return err
			}
		}
		if len(items) < PageRows {
			return nil
		}
		last = &items[len(items)-1]
	}
}
