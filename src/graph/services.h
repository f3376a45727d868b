// What nodes may use of the rest of the program, looked up by type.
#pragma once

#include <memory>
#include <string>
#include <typeindex>
#include <unordered_map>

#include "graph/insight.h"

namespace poss {

// Takes the insights of `live` nodes. publish() is called from many threads and must not block.
class InsightSink {
 public:
  virtual ~InsightSink() = default;
  virtual void publish(std::shared_ptr<const Insight> insight) = 0;
};

// Pointers to services that outlive every graph. Filled by main before the first graph is made;
// reading is reentrant.
class Services {
 public:
  template <class T>
  void add(T& service) {
    services_[std::type_index(typeid(T))] = &service;
  }
  // Null when nobody added one.
  template <class T>
  T* find() const {
    const auto found = services_.find(std::type_index(typeid(T)));
    return found == services_.end() ? nullptr : static_cast<T*>(found->second);
  }

 private:
  std::unordered_map<std::type_index, void*> services_;
};

}  // namespace poss
